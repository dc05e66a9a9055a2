"""`manage.py emulator`: starts, serves, logs and ends as a process of its own; what it refuses."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import ManagementUtility
from openai import AsyncOpenAI

from tests.tutor.emulator.wire import PATIENCE_S

MANAGE = Path(__file__).parents[3] / "manage.py"

# Django has to be loaded first, on a machine that may be busy.
START_S = 60


@asynccontextmanager
async def command(tmp_path: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = os.environ | {
        "DATA_DIR": str(tmp_path / "data"),
        # Nobody listens there: whoever asked the database would fail.
        "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, MANAGE, "emulator", *options,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def address(process: asyncio.subprocess.Process) -> str:
    """What the first line says, once it is there."""
    assert process.stdout
    line = (await asyncio.wait_for(process.stdout.readline(), START_S)).decode()
    found = re.search(r"http://127\.0\.0\.1:\d+/v1", line)
    assert found, line
    return found[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_logs_and_ends_quietly(tmp_path, number):
    log = tmp_path / "requests.jsonl"
    options = ("--port", "0", "--log", str(log), "--first-token-ms=0", "--tokens-per-second=0")
    async with command(tmp_path, *options) as process:
        base_url = await address(process)
        async with (
            AsyncOpenAI(base_url=base_url, api_key="any") as client,
            client.responses.connect() as connection,
        ):
            await connection.response.create(model="gpt-6-astra", input="Canary", store=False)
            kinds = []
            while "response.completed" not in kinds:
                kinds.append((await asyncio.wait_for(connection.recv(), PATIENCE_S)).type)
            process.send_signal(number)
            out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
        assert (process.returncode, out, err) == (0, b"", b"")
    (line,) = log.read_text().splitlines()
    assert json.loads(line)["outcome"] == "completed"
    assert json.loads(line)["store"] is False
    assert "Canary" not in line


async def test_it_answers_from_a_script_and_does_wrong_what_it_is_told(tmp_path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps(["Good day"]))
    options = ("--port=0", f"--script={script}", "--fault=rate_limited,retry_after_s=2",
               "--fault=set,warm_up=terminal_only", "--strict-openresponses")  # fmt: skip
    async with command(tmp_path, *options) as process:
        base_url = await address(process)
        async with (
            AsyncOpenAI(base_url=base_url, api_key="any") as client,
            client.responses.connect() as connection,
        ):
            ask = connection.response.create

            async def event() -> Any:
                return await asyncio.wait_for(connection.recv(), PATIENCE_S)

            await ask(model="gpt-6-astra", input=[], store=False, generate=False)
            assert (await event()).type == "response.completed"
            await ask(model="gpt-6-astra", input="Hi", store=False)
            assert (await event()).status == 429
            await ask(model="gpt-6-astra", input="Hi", store=False, stream=True)
            assert (await event()).error.code == "unknown_parameter"
            await ask(model="gpt-6-astra", input="Hi", store=False)
            while (got := await event()).type != "response.completed":
                pass
            assert got.response.output_text == "Good day"


async def test_an_idle_connection_does_not_keep_it_from_ending(tmp_path):
    async with command(tmp_path, "--port", "0") as process:
        port = int((await address(process)).split(":")[2].split("/")[0])
        _, idle = await asyncio.open_connection("127.0.0.1", port)
        process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE_S)
        assert process.returncode == 0
        idle.close()


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What the command says before it ends with an error: without a process of its own."""
    with pytest.raises(SystemExit) as ended:
        ManagementUtility(["manage.py", "emulator", *options]).execute()
    assert ended.value.code
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_a_taken_port_is_told_in_one_line(capsys):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = refused(capsys, "--port", str(port))
    assert str(port) in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [
        ("--port", "70000"),
        ("--first-token-ms", "-1"),
        ("--log", "/nowhere/at/all.jsonl", "--port", "0"),
        ("--script", "/nowhere/at/all.json", "--port", "0"),
        ("--fault", "flood", "--port", "0"),
        ("--fault", "set,warm_up=never", "--port", "0"),
    ],
)
def test_bad_options_are_told_in_one_line(capsys, options):
    assert len(refused(capsys, *options).splitlines()) == 1
