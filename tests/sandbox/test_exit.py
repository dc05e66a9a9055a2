"""Programs that tamper with their own end, and those that crash; and how soon the end is known."""

import time

import pytest

from sandbox.job import Limits, Status

from .conftest import Sandbox

pytestmark = pytest.mark.docker

TAMPERING = {
    "sys.exit does nothing": ("import sys\nsys.exit = print\nprint('x')", Status.OK, "x\n"),
    "sys.exit does nothing and it fails": (
        "import sys\nsys.exit = print\nprint('x')\n1 / 0",
        Status.ERROR,
        "x\n",
    ),
    "os._exit does nothing": ("import os\nos._exit = print\nprint('x')", Status.OK, "x\n"),
    "SystemExit is something else": (
        "import builtins\nbuiltins.SystemExit = builtins.BaseException = 5\nprint('x')",
        Status.OK,
        "x\n",
    ),
    "its excepthook fails": (
        "import sys\ndef hook(*_): 1 / 0\nsys.excepthook = hook\nprint('x')\nraise ValueError(1)",
        Status.ERROR,
        "x\n",
    ),
    "its exception cannot be told": (
        "class E(EOFError):\n    def __str__(self): raise KeyError\nprint('x')\nraise E",
        Status.ERROR,
        "x\n",
    ),
    "its exception takes no notes": (
        "class E(ModuleNotFoundError): add_note = None\nprint('x')\nraise E('y', name='y')",
        Status.ERROR,
        "x\n",
    ),
}


@pytest.mark.parametrize(("code", "status", "stdout"), TAMPERING.values(), ids=TAMPERING)
def test_a_program_that_tampers_with_the_way_out_ends_as_itself(
    sandbox: Sandbox, code: str, status: Status, stdout: str
) -> None:
    result = sandbox.run(code)
    assert (result.status, result.stdout, result.message) == (status, stdout, "")
    assert "supervisor" not in result.stderr
    assert ("Traceback" in result.stderr) == (status is Status.ERROR)


def test_a_failing_excepthook_is_shown_with_the_original_error(sandbox: Sandbox) -> None:
    code = TAMPERING["its excepthook fails"][0]
    first, _, second = sandbox.run(code).stderr.partition("Original exception was:")
    assert "Error in sys.excepthook:" in first
    assert "ZeroDivisionError" in first
    assert "ValueError: 1" in second


@pytest.mark.parametrize("code", ["x = " + "-" * 90_000 + "1", "eval('-' * 90_000 + '1')"])
def test_an_expression_nested_too_deeply_is_not_told_as_the_memory_limit(
    sandbox: Sandbox, code: str
) -> None:
    result = sandbox.run(code)
    assert (result.status, result.message) == (Status.ERROR, "")
    assert "nest" in result.stderr
    assert "than it may use" not in result.stderr


def test_a_signal_of_its_own_hand_is_not_told_as_the_time_limit(sandbox: Sandbox) -> None:
    result = sandbox.run("import os, signal\nos.kill(os.getpid(), signal.SIGXCPU)")
    assert result.status is Status.CRASHED
    assert "SIGXCPU" in result.message


def test_a_crash_names_its_signal_and_keeps_the_output(sandbox: Sandbox) -> None:
    result = sandbox.run("import ctypes\nprint('before')\nctypes.string_at(0)")
    assert (result.status, result.exit_code) == (Status.CRASHED, None)
    assert "SIGSEGV" in result.message
    assert result.stdout == "before\n"
    shown = sandbox.run(
        "import faulthandler\nfaulthandler.enable()\nfaulthandler._sigsegv()"
    ).stderr
    assert shown.endswith('first):\n  File "main.py", line 3 in <module>\n')
    assert "SIGABRT" in sandbox.run("import os; os.abort()").message


@pytest.mark.parametrize("code", ["pass", "print(len(input()))"], ids=["unread", "read"])
def test_a_megabyte_of_input_ends_well_read_or_not(sandbox: Sandbox, code: str) -> None:
    result = sandbox.run(code, stdin="x" * 1_000_000)
    assert (result.status, result.stderr) == (Status.OK, "")
    assert result.stdout in {"", "1000000\n"}


def test_the_caller_has_the_answer_soon_after_the_limit(sandbox: Sandbox) -> None:
    started = time.monotonic()
    sandbox.run("while True: pass", limits=Limits(wall_s=0.5))
    assert time.monotonic() - started < 4
