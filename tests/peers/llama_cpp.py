"""llama.cpp's server as a process: the program is llama_server.py, run by a Python that has it."""

import contextlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PROGRAM: Final = Path(__file__).with_name("llama_server.py")
STOP_S: Final = 10.0


@contextlib.contextmanager
def serving(python: Path, context_tokens: int) -> Iterator[str]:
    """The base URL of a server with SmolLM2, for the length of a block."""
    server = subprocess.Popen(
        [str(python), str(PROGRAM), str(context_tokens)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert server.stdout
        # Its first line, or the end of its output where it has failed.
        said = re.search(r"http://\S+", server.stdout.readline())
        assert said, "llama.cpp's server did not start"
        yield f"{said[0]}/v1"
    finally:
        server.kill()
        server.communicate(timeout=STOP_S)
