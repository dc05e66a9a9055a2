"""The peers: each a process of its own environment, on loopback, for the tests of one lane."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bin.machine.serving import free_port
from tests.peers import chat, llama_cpp
from tests.polling import wait_until

START_S = 90.0
STOP_S = 10.0
# Small, so that a dialogue soon fills it.
CONTEXT_TOKENS = 2048
MASTER_KEY = "sk-gateway"
GATEWAY = """
model_list:
  - model_name: tutor
    litellm_params:
      model: custom_openai/scripted
      api_base: {backend}
      api_key: none
general_settings:
  master_key: {key}
"""


def python(variable: str, lane: str) -> Path:
    """The Python of a peer's environment, which only its lane has made."""
    path = os.environ.get(variable)
    if not path or not Path(path).exists():
        pytest.fail(f"This needs packages of its own: run bin/test --{lane}.")
    return Path(path)


@pytest.fixture(scope="session")
def llama() -> Iterator[str]:
    """The base URL of llama.cpp's server, with SmolLM2."""
    with llama_cpp.serving(python("REAL_MODEL_PYTHON", "real-model"), CONTEXT_TOKENS) as url:
        yield url


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The base URL of a LiteLLM proxy, and the port of the backend that it asks."""
    folder = tmp_path_factory.mktemp("gateway")
    port, backend = free_port(), free_port()
    program = python("GATEWAY_PYTHON", "gateway").with_name("litellm")
    config = folder / "config.yaml"
    config.write_text(GATEWAY.format(backend=f"http://127.0.0.1:{backend}/v1", key=MASTER_KEY))
    # Nothing of ours gets there, no key and no database; and it looks no prices up.
    clean = {"PATH": os.defpath, "HOME": str(folder), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    command = [str(program), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, env=clean, cwd=folder, stdout=log, stderr=log)
    try:
        wait_until(lambda: _listens(port, server), START_S, "LiteLLM does not listen")
        yield f"http://127.0.0.1:{port}/v1", backend
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(STOP_S)
        server.kill()
        server.wait(STOP_S)


def _listens(port: int, server: "subprocess.Popen[bytes]") -> bool:
    assert server.poll() is None, f"LiteLLM has ended with {server.returncode}"
    with contextlib.suppress(OSError):
        reader = subprocess.run(
            ["curl", "-sf", "-m", "2", f"http://127.0.0.1:{port}/health/liveliness"],
            capture_output=True,
        )
        return reader.returncode == 0
    return False


@pytest.fixture
async def backend(gateway: tuple[str, int]) -> AsyncIterator[chat.Backend]:
    """The chat completions behind the gateway, scripted."""
    served = chat.Backend()
    server = await asyncio.start_server(served.talk, "127.0.0.1", gateway[1])
    try:
        yield served
    finally:
        server.close()
        served.hang_up()
