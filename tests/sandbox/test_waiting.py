"""Detection of a program that waits for input, held against real processes of this machine."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.inside.waiting import waits_for_input
from tests.polling import LOOK_S, wait_until

SETTLE_S = 10
WAITING = {
    "input": "input()",
    "lines of stdin": "import sys\nfor line in sys.stdin: pass",
    "os.read": "import os; os.read(0, 1)",
    "readv": "import os; os.readv(0, [bytearray(1)])",
    "a duplicate": "import os; fd = os.dup(0); os.close(0); os.read(fd, 1)",
    "a file made of a duplicate": "import os; open(os.dup(0)).read()",
    "a thread": "import threading; threading.Thread(target=input).start()",
    "asyncio's thread": "import asyncio; asyncio.run(asyncio.to_thread(input))",
    "asyncio's pipe": (
        "import asyncio, sys\n"
        "async def main():\n"
        "    reader = asyncio.StreamReader()\n"
        "    await asyncio.get_running_loop().connect_read_pipe(\n"
        "        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)\n"
        "    await reader.readline()\n"
        "asyncio.run(main())"
    ),
    "select": "import select; select.select([0], [], [])",
    "select, for a while": "import select; select.select([0], [], [], 99)",
    "select, of a duplicate": "import os, select; select.select([os.dup2(0, 77)], [], [])",
    "poll": "import select; p = select.poll(); p.register(0, select.POLLIN); p.poll()",
    "epoll": "import select; p = select.epoll(); p.register(0, select.EPOLLIN); p.poll()",
    "selectors": (
        "import selectors; s = selectors.DefaultSelector()\n"
        "s.register(0, selectors.EVENT_READ); s.select()"
    ),
    "a child": "import os, sys\nif os.fork() == 0: input()\nos.wait()",
    "a shell": "import os; os.system('read x')",
}
# What would be seen if a call alone were proof.
OTHER = {
    "a sleep": "import time; time.sleep(99)",
    "a select that is a sleep": "import select; select.select([], [], [], 99)",
    "a poll of something else": (
        "import os, select; r, w = os.pipe(); p = select.poll(); p.register(r); p.poll()"
    ),
    "a poll of stdin's end only": "import select; p = select.poll(); p.register(0, 0); p.poll()",
    "a select of something else": "import os, select; select.select([os.pipe()[0]], [], [])",
    "an epoll of something else": (
        "import os, select; p = select.epoll(); p.register(os.pipe()[0]); p.poll()"
    ),
    "another pipe": "import os; os.read(os.pipe()[0], 1)",
    "another pipe as number 0": "import os; os.dup2(os.pipe()[0], 0); os.read(0, 1)",
    "a child that is awaited": "import os, time\nif os.fork() == 0: time.sleep(99)\nos.wait()",
    "a loop": "while True: pass",
    "a loop while another thread waits": (
        "import threading; threading.Thread(target=input).start()\nwhile True: pass"
    ),
}


@contextmanager
def running(code: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process with a pipe for its input; it and its children end with the block."""
    command = [sys.executable, "-I", "-S", "-c", f"print('on', flush=True)\n{code}"]
    program = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    with program:
        assert program.stdout
        program.stdout.readline()
        yield program
        os.killpg(program.pid, 9)


def waits(program: "subprocess.Popen[bytes]") -> bool:
    """Whether it waits, or one of its children."""
    assert program.stdin
    children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
    return waits_for_input(program.stdin.fileno(), [str(program.pid), *children])


def looks(program: "subprocess.Popen[bytes]") -> Iterator[bool]:
    """Whether it waits, again and again, for longer than it takes to get there."""
    for _ in range(20):
        time.sleep(LOOK_S)
        yield waits(program)


@pytest.mark.parametrize("code", WAITING.values(), ids=WAITING)
def test_whatever_call_waits_for_input_is_waiting(code: str) -> None:
    with running(code) as program:
        wait_until(lambda: waits(program), SETTLE_S)


@pytest.mark.parametrize("code", OTHER.values(), ids=OTHER)
def test_what_input_would_not_end_is_not_waiting(code: str) -> None:
    with running(code) as program:
        assert not any(looks(program))


def test_a_program_with_something_to_read_is_not_waiting() -> None:
    with running("import time; time.sleep(0.3); input(); time.sleep(99)") as program:
        assert program.stdin
        program.stdin.write(b"x")
        program.stdin.flush()
        assert not any(looks(program))


def test_processes_that_have_ended_do_not_wait() -> None:
    with running("input()") as program:
        wait_until(lambda: waits(program), SETTLE_S)
        assert program.stdin
        assert not waits_for_input(program.stdin.fileno(), ["4194305", "no process"])
