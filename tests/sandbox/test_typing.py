"""Somebody types while a program runs."""

import time
from collections import deque

import pytest

from sandbox.execution import NullObserver
from sandbox.job import Job, Limits, Status
from sandbox.transcript import pieces

from .conftest import Sandbox

pytestmark = pytest.mark.docker


class Person(NullObserver):
    """Answers each question; says None when there are no more answers and `hangs_up`."""

    def __init__(self, *answers: str, hangs_up: bool = False, waits_s: float = 0) -> None:
        self._answers = deque(answers)
        self._hangs_up = hangs_up
        self._waits_s = waits_s
        self._asked_at: float | None = None

    def printed(self, stream: str, text: str) -> None:
        if "?" in text:
            self._asked_at = time.monotonic()

    def typed(self) -> str | None:
        if self._asked_at is None or time.monotonic() < self._asked_at + self._waits_s:
            return ""
        if not self._answers:
            return None if self._hangs_up else ""
        self._asked_at = None
        return self._answers.popleft()


def interactive(code: str, **limits: float) -> Job:
    return Job(code, limits=Limits(**limits), interactive=True)  # type: ignore[arg-type]


# Programs that wait at input() and keep a core busy all the same.
WORKER_THREAD = """\
import threading
def loop():
    while True: pass
threading.Thread(target=loop, daemon=True).start()
input()
"""
WAITING_CHILD = """\
import os
if os.fork() == 0:
    os.read(0, 1)
    os._exit(0)
while True: pass
"""
# None of its processes computes for long.
CHAIN = """\
import os, time
if os.fork() == 0:
    os.read(0, 1)
    os._exit(0)
while True:
    until = time.monotonic() + 0.1
    while time.monotonic() < until: pass
    if os.fork(): os.wait()
"""
ASK = "a = input('? '); print('got', a, flush=True)\n"


def test_what_is_typed_reaches_the_program_that_asked(sandbox: Sandbox) -> None:
    result = sandbox.do(interactive(ASK + ASK), Person("one\n", "zwei ä\n"))
    assert (result.status, result.stdout) == (Status.OK, "? got one\n? got zwei ä\n")


def test_who_said_what_is_told_in_order(sandbox: Sandbox) -> None:
    code = (
        "import sys\n"
        "print('one? ', end='', flush=True); sys.stdin.readline()\n"
        "print('two? ', end='', file=sys.stderr, flush=True); sys.stdin.readline()\n"
        "print('three? ', end='', flush=True); sys.stdin.readline()\n"
        "print('end')\n"
    )
    result = sandbox.do(interactive(code), Person("1\n", "2\n", "3\n"))
    texts = {"stdout": result.stdout, "stderr": result.stderr, "stdin": result.typed}
    assert pieces(result.order, texts) == [
        ("stdout", "one? "), ("stdin", "1\n"),
        ("stderr", "two? "), ("stdin", "2\n"),
        ("stdout", "three? "), ("stdin", "3\n"),
        ("stdout", "end\n"),
    ]  # fmt: skip


ASK_IN_A_THREAD = "import asyncio; print(asyncio.run(asyncio.to_thread(input, '? ')))"


def test_it_is_waiting_whatever_waits(sandbox: Sandbox) -> None:
    job = interactive(ASK_IN_A_THREAD, wall_s=1)
    result = sandbox.do(job, Person("a\n", waits_s=1.6))
    assert (result.status, result.stdout) == (Status.OK, "? a\n")


def test_waiting_for_a_person_is_not_the_programs_time(sandbox: Sandbox) -> None:
    result = sandbox.do(interactive(ASK + ASK, wall_s=1), Person("a\n", "b\n", waits_s=0.8))
    assert (result.status, result.message) == (Status.OK, "")
    assert result.duration_ms > 1500


def test_nobody_who_types_is_told_so_and_what_was_printed_is_kept(sandbox: Sandbox) -> None:
    result = sandbox.do(interactive(ASK, wall_s=5, idle_s=0.6), Person())
    assert (result.status, result.stdout) == (Status.IDLE, "? ")
    assert "waited 0.6 s for somebody to type" in result.message
    assert result.duration_ms < 5000  # the next limit


def test_a_loop_is_still_a_loop_where_somebody_may_type(sandbox: Sandbox) -> None:
    result = sandbox.do(interactive("while True: pass", wall_s=0.8, idle_s=9), Person())
    assert result.status is Status.TIMEOUT
    assert "loop" in result.message


@pytest.mark.parametrize(
    "code", [WORKER_THREAD, WAITING_CHILD, CHAIN], ids=["thread", "child", "chain"]
)
def test_who_computes_while_a_part_of_it_waits_has_no_more_time_than_others(
    sandbox: Sandbox, code: str
) -> None:
    result = sandbox.do(interactive(code, wall_s=0.8, idle_s=5, session_s=6), Person())
    assert (result.status, result.stdout) == (Status.TIMEOUT, "")
    assert result.duration_ms < 5000  # the next limit


def test_sleeping_is_not_waiting_for_a_person(sandbox: Sandbox) -> None:
    code = "import time; time.sleep(60)"
    assert sandbox.do(interactive(code, wall_s=0.8), Person()).status is Status.TIMEOUT


def test_a_session_ends_at_last(sandbox: Sandbox) -> None:
    job = interactive("while True: input('? ')", wall_s=0.5, idle_s=9, session_s=1.5)
    result = sandbox.do(job, Person(*["x\n"] * 99, waits_s=0.3))
    assert result.status is Status.TIMEOUT
    assert result.duration_ms < 8000


def test_who_hangs_up_ends_the_input(sandbox: Sandbox) -> None:
    result = sandbox.do(interactive(ASK), Person(hangs_up=True))
    assert result.status is Status.ERROR
    assert "EOFError" in result.stderr


def test_an_observer_who_cannot_type_means_that_there_is_no_input(sandbox: Sandbox) -> None:
    assert "EOFError" in sandbox.do(interactive(ASK), NullObserver()).stderr
