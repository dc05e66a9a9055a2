"""One container's life: honest programs, streaming, cancelling."""

import threading
import time

import pytest

from sandbox.job import Limits, Status

from .conftest import Sandbox

docker = pytest.mark.docker


@pytest.fixture
def sandbox(cold: Sandbox) -> Sandbox:
    """A container's whole life: each run has its own."""
    return cold


class Follower:
    """An observer that remembers what it was told and when; presses Stop after `stop_after_s`."""

    def __init__(self, stop_after_s: float = 1e9) -> None:
        self.printed_at: list[tuple[float, str, str]] = []
        # Set by the first output; the clock of `stop_after_s` starts there.
        self.first = threading.Event()
        self.stop_after_s = stop_after_s

    def printed(self, stream: str, text: str) -> None:
        self.first.set()
        self.printed_at.append((time.monotonic(), stream, text))

    def cancelled(self) -> bool:
        return self.first.is_set() and time.monotonic() > self.printed_at[0][0] + self.stop_after_s


@docker
def test_a_program_runs_and_its_output_comes_back(sandbox: Sandbox) -> None:
    began = time.monotonic()
    result = sandbox.run("import sys\nprint(6 * 7)\nprint('oh', file=sys.stderr)\nsys.exit(3)")
    lasted_ms = (time.monotonic() - began) * 1000
    assert (result.status, result.exit_code) == (Status.ERROR, 3)
    assert (result.stdout, result.stderr, result.message) == ("42\n", "oh\n", "")
    assert 0 < result.duration_ms < lasted_ms


FIDELITY = {
    "__main__ is real": (
        "import sys\nx = 1\nprint(__name__, __file__, sys.argv, sys.modules['__main__'].x)",
        "__main__ /tmp/main.py ['main.py'] 1\n",
    ),
    "threads and atexit run after main": (
        (
            "import atexit, threading, time\natexit.register(print, 'atexit')\n"
            "threading.Thread(target=lambda: (time.sleep(0.2), print('thread'))).start()\n"
            "print('main')"
        ),
        "main\nthread\natexit\n",
    ),
    "processes by fork and by spawn": (
        (
            "import multiprocessing as m\n"
            "if __name__ == '__main__':\n"
            "    for how in 'fork', 'spawn':\n"
            "        with m.get_context(how).Pool(2) as pool: print(pool.map(abs, [-1, -2]))"
        ),
        "[1, 2]\n[1, 2]\n",
    ),
    "asyncio and subprocess": (
        (
            "import asyncio, subprocess, sys\nasyncio.run(asyncio.sleep(0.01))\n"
            "print(subprocess.run([sys.executable, '-c', 'print(5)'], capture_output=True).stdout)"
        ),
        "b'5\\n'\n",
    ),
    "objects are told at the end, in the presence of all others": (
        (
            "class A:\n    def __del__(self): print('del', last)\n"
            "a = A()\ndef f(): return a\nlast = 'last'"
        ),
        "del last\n",
    ),
    "its own source can be read": (
        "import inspect\ndef f(): return 'me'\nprint(inspect.getsource(f), end='')",
        "def f(): return 'me'\n",
    ),
    "a byte-order mark, other line ends and other alphabets": (
        "\ufeffname = 'Zoë 文 🐍'\r\nprint(name)\r\n",
        "Zoë 文 🐍\n",
    ),
    "a user with a name, a home and a signal of its own": (
        (
            "import getpass, os, signal\nprint(getpass.getuser(), os.getcwd())\n"
            "try: os.kill(os.getpid(), signal.SIGINT)\nexcept KeyboardInterrupt: print('ctrl-c')"
        ),
        "student /tmp\nctrl-c\n",
    ),
}


@docker
@pytest.mark.parametrize(("code", "output"), FIDELITY.values(), ids=FIDELITY)
def test_a_program_runs_as_without_a_sandbox(sandbox: Sandbox, code: str, output: str) -> None:
    result = sandbox.run(code, limits=Limits(wall_s=5))
    assert (result.stderr, result.stdout) == ("", output)
    assert result.status is Status.OK


@docker
def test_a_traceback_shows_the_students_lines_and_none_of_ours(sandbox: Sandbox) -> None:
    result = sandbox.run("def f():\n    return [1][2]\n\nf()\n")
    assert "supervisor" not in result.stderr
    assert result.stderr.startswith(
        'Traceback (most recent call last):\n  File "main.py", line 4, in <module>\n    f()\n'
    )
    assert "return [1][2]" in result.stderr
    assert result.stderr.endswith("IndexError: list index out of range\n")


@docker
def test_a_syntax_error_shows_its_line_and_no_traceback(sandbox: Sandbox) -> None:
    result = sandbox.run("x = (1,\nprint(x\n")
    assert result.exit_code == 1
    assert result.stderr.startswith('  File "main.py", line ')
    assert "SyntaxError" in result.stderr


@docker
def test_the_end_of_a_long_error_is_kept_with_the_exception(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import sys\nfor i in range(20_000): print('line', i, file=sys.stderr)\n1 / 0"
    )
    assert result.stderr.startswith("line 0\nline 1\n")
    assert " bytes are left out …\n" in result.stderr
    assert result.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert 64 * 1024 < len(result.stderr.encode()) < 64 * 1024 + 60
    assert "the beginning and the end" in result.message


@docker
def test_a_misspelt_name_comes_with_a_suggestion(sandbox: Sandbox) -> None:
    assert "Did you mean: 'total'?" in sandbox.run("total = 1\nprint(totl)").stderr


@docker
def test_exit_with_a_text_prints_it_and_fails(sandbox: Sandbox) -> None:
    result = sandbox.run("import sys; sys.exit('no such file')")
    assert (result.exit_code, result.stderr) == (1, "no such file\n")


@docker
def test_input_is_read_and_its_lack_is_explained(sandbox: Sandbox) -> None:
    code = "print(int(input('? ')) + int(input('? ')))"
    assert sandbox.run(code, stdin="40\n2\n").stdout == "? ? 42\n"
    result = sandbox.run(code, stdin="40\n")
    assert result.status is Status.ERROR
    assert "EOFError" in result.stderr
    assert "asked for input and there was none left" in result.stderr


@docker
def test_a_missing_module_is_explained(sandbox: Sandbox) -> None:
    assert "nothing can be installed" in sandbox.run("import numpy").stderr
    shown = sandbox.run("import randon").stderr
    assert "Did you mean 'random'? There are only Python's own, such as math, " in shown


@docker
def test_output_arrives_while_the_program_runs_in_order_and_whole(sandbox: Sandbox) -> None:
    follower = Follower()
    result = sandbox.run(
        "import sys, time\nfor i in range(4):\n    print('é', i)\n    time.sleep(0.2)\n"
        "print('late', file=sys.stderr)",
        observer=follower,
    )
    ended = time.monotonic()
    first = follower.printed_at[0]
    assert first[1:] == ("stdout", "é 0\n")
    assert ended - first[0] > 0.6
    out = "".join(text for _, stream, text in follower.printed_at if stream == "stdout")
    err = "".join(text for _, stream, text in follower.printed_at if stream == "stderr")
    assert (out, err) == (result.stdout, result.stderr)


@docker
def test_stop_kills_the_program_within_half_a_second_and_keeps_its_output(sandbox: Sandbox) -> None:
    follower = Follower(stop_after_s=0.2)
    result = sandbox.run(
        "import time\nprint('begun')\nprint('half', end='')\ntime.sleep(60)",
        observer=follower,
        limits=Limits(wall_s=30),
    )
    assert (result.status, result.stdout) == (Status.CANCELLED, "begun\nhalf")
    assert result.duration_ms < 700
