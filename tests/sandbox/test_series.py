"""Series of programs in real containers: through rows and a worker, and for commands without."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from sandbox import container, run_observer, tasks
from sandbox.cases import CallCase, CaseJob, Observation, ProgramCase, StdinCase
from sandbox.embedded import EmbeddedWorker
from sandbox.job import Job, JobError, Status
from sandbox.languages import JAVASCRIPT, PYTHON
from sandbox.models import Batch, Run
from sandbox.owner import OWNER
from sandbox.series import SeriesError, Try, open_series
from tests.polling import wait_until

from . import recording
from .conftest import SETTLE_S, containers_of
from .test_pool import HELLO, pool_of

pytestmark = pytest.mark.docker

# Long enough for a busy machine; and short enough to wait for what never ends.
WALL_S, HASTY_S = 8.0, 0.4
NOTHING = StdinCase("")


def program(code: str, case: CaseJob | str = NOTHING, wall_s: float = WALL_S) -> ProgramCase:
    return ProgramCase(code, CallCase(case) if isinstance(case, str) else case, wall_s)


@pytest.fixture(scope="module")
def tried(image: str) -> Iterator[Try]:
    with open_series(image, PYTHON, files=[("data.txt", "7\n")]) as opened:
        yield opened


def printed(found: list[Observation]) -> list[str]:
    return [each.stdout for each in found]


# What is tried


def test_each_program_is_tried_on_its_case_beside_the_files_of_the_series(tried: Try) -> None:
    first, second, third, fourth = tried(
        [
            program("def f(x): return 2 * x", "f(21)"),
            program("print(__name__, int(input()) + 1)", StdinCase("41\n")),
            program("print(open('data.txt').read(), open('main.py').read())"),
            program("def f(:"),
        ]
    )
    assert (first.ended, first.value) == ("value", {"type": "int", "repr": "42"})
    assert (second.ended, second.exit_code, second.stdout) == ("exited", 0, "__main__ 42\n")
    assert third.stdout == "7\n print(open('data.txt').read(), open('main.py').read())\n"
    assert fourth.exception
    assert fourth.exception.type == "SyntaxError"


def test_whatever_a_program_does_the_next_one_is_tried(tried: Try) -> None:
    hostile = {
        "while True: pass": "timeout",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass": "timeout",
        "while True: print('spam' * 99)": "output_limit",
        "x = bytearray(10 ** 10)": "memory",
        "import os; os._exit(3)": "exited",
        "import os, signal\nos.kill(os.getppid(), 9); os.kill(-1, 9)": "raised",
        "import os; os.kill(0, 9)": "crashed",
        "import os, time\nif not os.fork(): os.setsid(); time.sleep(99)": "exited",
        "import signal, time\nsignal.pthread_sigmask(0, range(1, 64)); time.sleep(99)": "timeout",
    }
    batch = [
        program(code, wall_s=HASTY_S if end == "timeout" else WALL_S)
        for code, end in hostile.items()
    ]
    began = time.monotonic()
    found = tried([each for one in batch for each in (one, program("print('fine')"))])
    took = time.monotonic() - began
    assert [each.ended for each in found[::2]] == list(hostile.values())
    assert printed(found[1::2]) == ["fine\n"] * len(hostile)
    assert took < 5 * len(hostile)


LEAVES = """
import os, subprocess, sys
MARK = "canary-" + "of-mine"
for folder in ("/tmp", "/dev/shm"):
    open(f"{folder}/{MARK}", "w").write(MARK)
os.makedirs("/tmp/a/b"); os.chmod("/tmp/a", 0)
open("data.txt", "w").write(MARK)
os.environ["LEFT"] = MARK
sys.modules["canary"] = sys
if not os.fork():
    os.setsid()
    os.execvp("sleep", ["sleep", "99"])
print("left")
"""
LOOKS = """
import gc, os, sys
MARK = "canary-" + "of-mine"
print(sorted(os.listdir("/tmp")), os.listdir("/dev/shm"), open("data.txt").read().strip())
print("LEFT" in os.environ, "canary" in sys.modules)
print([pid for pid in os.listdir("/proc") if pid.isdecimal() if int(pid) not in (1, os.getpid())])
whole = bytearray()
for line in open("/proc/self/maps"):
    where, rights, *_ , = line.split()
    low, high = (int(each, 16) for each in where.split("-"))
    if rights.startswith("rw"):
        try:
            with open("/proc/self/mem", "rb", 0) as memory:
                memory.seek(low)
                whole += memory.read(high - low)
        except (OSError, ValueError): pass
print(whole.count((chr(99) + "anary-of-theirs").encode()), whole.count(b"LOOKS-") > 0)
"""


def test_no_program_finds_anything_of_another_one_or_of_its_case(tried: Try) -> None:
    theirs = "canary-of-" + "theirs"
    before = program(f"{theirs!r}\nprint(input())", StdinCase(f"{theirs}\n"))
    after = program(f"def f(): return {theirs!r}", f"{theirs!r} + f()")
    looks = program(LOOKS + "# LOOKS-\n")
    found = tried([before, program(LEAVES), looks, after, before, looks, after])
    clean = "['data.txt', 'main.py'] [] 7\nFalse False\n[]\n0 True\n"
    assert printed([found[2], found[5]]) == [clean] * 2, found[2].stderr
    assert printed(found[:2]) == [f"{theirs}\n", "left\n"]


def test_a_program_may_be_large_and_need_not_read_its_input(tried: Try) -> None:
    large = program("x = '" + "y" * 200_000 + "'\nprint(len(x))", StdinCase("z" * 200_000))
    assert printed(tried([large] * 5)) == ["200000\n"] * 5


def test_a_series_that_something_cannot_be_cleared_from_ends_and_the_next_one_begins(
    tried: Try,
) -> None:
    """A socket outlives its process where a connection waits to be closed."""
    lingers = (
        "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n"
        "held = [socket.create_connection(server.getsockname()) for _ in range(3)]\n"
        "import ctypes; print('held')"
    )
    first = tried([program(lingers), program("print('next')")])
    assert printed(first)[:1] == ["held\n"]
    assert printed(tried([program("print('again')")])) == ["again\n"]


@pytest.mark.parametrize(
    "bad",
    [
        program("x = '\0'"),
        program("x", wall_s=0),
        program("x", wall_s=99),
        program("x" * 300_000),
        program("x", "y" * 300_000),
    ],
)
def test_what_no_series_tries_is_refused(tried: Try, bad: ProgramCase) -> None:
    with pytest.raises(JobError):
        tried([bad])


def test_no_series_is_opened_in_a_language_in_which_none_would_be_quick(image: str) -> None:
    with pytest.raises(JobError), open_series(image, JAVASCRIPT):
        pass


def test_without_an_engine_a_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
    with pytest.raises(SeriesError, match="not available"), open_series("image", PYTHON):
        pass


def test_a_container_is_gone_at_once_when_its_command_fails(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = f"test-{uuid4().hex}"
    monkeypatch.setattr("sandbox.series.OWNER", owner)
    with pytest.raises(ZeroDivisionError), open_series(image, PYTHON) as opened:
        opened([program("print(1)")])
        assert len(containers_of(owner)) == 1
        began = time.monotonic()
        raise ZeroDivisionError
    assert containers_of(owner) == []
    assert time.monotonic() - began < container.REMOVED_S


# Through rows


@pytest.fixture
def worker(
    image: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EmbeddedWorker]:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "tests.sandbox.recording.RecordingLayer"}}
    settings.SANDBOX_JUDGING_CONCURRENCY = 2
    recording.sent.clear()
    monkeypatch.setattr(tasks, "require_healthy", lambda *_: None)
    worker = EmbeddedWorker()
    worker.start()
    yield worker
    worker.stop()
    run_observer.stopping.clear()
    assert containers_of(OWNER) == []


def request(student: User, files: dict[str, str] | None = None) -> Run:
    return Run.request(
        key=uuid4().hex, code="", student=student, origin="gate", group="g.1", series=True,
        files=files,
    )  # fmt: skip


def answers(batch: Batch) -> list[Observation]:
    wait_until(lambda: batch.answers() is not None, 20)
    found = batch.answers()
    assert found is not None
    return found


def finished(run: Run) -> bool:
    run.refresh_from_db()
    return run.finished


BASE = "def f(x):\n    return x\n"


@pytest.mark.django_db(transaction=True)
def test_batches_are_answered_while_the_series_is_open_and_everybody_is_told(
    worker: EmbeddedWorker, stranger: User
) -> None:
    run = request(stranger, files={"data.txt": "7"})
    mended = [BASE.replace("return x", f"return x + {number}") for number in range(3)]
    first = Batch.ask(run, BASE, [program(code, "f(1)") for code in mended])
    second = Batch.ask(run, BASE, [program("print(open('data.txt').read())")])
    values = [each.value for each in answers(first)]
    assert values == [{"type": "int", "repr": str(number)} for number in (1, 2, 3)]
    assert printed(answers(second)) == ["7\n"]
    third = Batch.ask(run, "", [program("print(3)")])
    assert printed(answers(third)) == ["3\n"]
    run.end_series()
    wait_until(lambda: finished(run), 5)
    assert (run.status, run.stdout, run.observations) == (Status.OK, "", [])
    assert Batch.ask(run, "", [program("print(4)")]).answers() == []
    assert set(Batch.objects.values_list("number", "programs__base")) == {
        (1, None),
        (2, None),
        (3, None),
    }
    told = [message for _, message in recording.sent if message["type"] == "run.tried"]
    assert told == [{"type": "run.tried", "key": run.key, "batch": number} for number in (1, 2, 3)]


@pytest.mark.django_db(transaction=True)
def test_a_series_takes_no_container_of_the_programs(
    worker: EmbeddedWorker, stranger: User
) -> None:
    run = request(stranger)
    assert [one.ended for one in answers(Batch.ask(run, BASE, [program(BASE, "f(1)")]))] == [
        "value"
    ]
    assert tasks.series_pools["python"].state().busy == 1
    assert tasks.pools["python"].state().busy == 0
    run.end_series()
    wait_until(lambda: finished(run), SETTLE_S)


class Endless:
    """Has nothing to try until it is let go of."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def next_batch(self) -> list[ProgramCase] | None:
        return None if self.released.is_set() else []

    def observed(self, observations: list[Observation]) -> None:
        raise AssertionError("nothing was asked")

    def cancelled(self) -> bool:
        return False

    def printed(self, stream: str, text: str) -> None:
        raise AssertionError("a series prints to nobody")


def test_a_series_leaves_the_warm_containers_to_others(image: str) -> None:
    held, job = Endless(), Job("", series=True)
    with pool_of(image, 1, most=2) as one, ThreadPoolExecutor(1) as threads:
        series = threads.submit(one.run, job, held)
        wait_until(lambda: (one.state().busy, one.state().ready) == (1, 1), SETTLE_S)
        assert one.run(HELLO).queued_ms < 1000
        held.released.set()
        assert series.result().status is Status.OK
