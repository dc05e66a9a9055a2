"""Test cases in real containers: what is observed, and that no program can make a pass of it."""

import json
import time

import pytest

from sandbox import container
from sandbox.cases import CallCase, CaseJob, Observation, Raised, StdinCase
from sandbox.inside.wire import BEGIN, CASE, JOB, STDIN
from sandbox.job import Job, Limits, Result, Status
from sandbox.observation import case_frames
from sandbox.stream import ContainerStream

from .conftest import Sandbox

pytestmark = pytest.mark.docker

# Long enough for a busy machine; and short enough to wait for what never ends.
LIMITS = Limits(wall_s=40, case_wall_s=8)
HASTY = Limits(wall_s=20, case_wall_s=1)


def run(sandbox: Sandbox, code: str, *cases: str | CaseJob, limits: Limits = LIMITS) -> Result:
    jobs = tuple(CallCase(case) if isinstance(case, str) else case for case in cases)
    return sandbox.do(Job(code, limits=limits, cases=jobs))


def observe(
    sandbox: Sandbox, code: str, *cases: str | CaseJob, limits: Limits = LIMITS
) -> tuple[Observation, ...]:
    result = run(sandbox, code, *cases, limits=limits)
    assert (result.status, result.message) == (Status.OK, "")
    assert len(result.observations) == len(cases)
    return result.observations


def integer(value: int) -> dict[str, str]:
    return {"type": "int", "repr": str(value)}


def test_calls_are_evaluated_beside_the_program(sandbox: Sandbox) -> None:
    code = (
        "def double(x):\n    print('doubling')\n    return 2 * x\n"
        "if __name__ == '__main__': print('main')"
    )
    first, second, third = observe(sandbox, code, "double(21)", "double", "[double(1), None]")
    assert (first.ended, first.value, first.stdout) == ("value", integer(42), "doubling\n")
    assert second.value is not None
    assert second.value["type"] == "builtins.function"
    items = [integer(2), {"type": "NoneType", "repr": "None"}]
    assert third.value == {"type": "list", "items": items}
    assert (third.exception, third.exit_code, third.stderr) == (None, None, "")


def test_a_file_of_the_programs_is_found_before_a_library_whatever_is_loaded_ahead(
    sandbox: Sandbox,
) -> None:
    code = (
        "import heapq, statistics\nprint(statistics.random.MINE, heapq.MINE, input())\n"
        "def f(): return json.MINE\nimport json\nprint(f())"
    )
    files = tuple((f"{name}.py", f"MINE = '{name}'") for name in ("random", "heapq", "json"))
    jobs = (StdinCase("1\n"), CallCase("f()", "2\n"))
    result = sandbox.do(Job(code, limits=LIMITS, cases=jobs, files=files))
    first, second = result.observations
    assert (first.stdout, first.stderr, first.exit_code) == ("random heapq 1\njson\n", "", 0)
    assert second.stdout == "random heapq 2\njson\n"
    assert second.value == {"type": "str", "repr": "'json'"}


def test_a_program_is_run_with_each_input(sandbox: Sandbox) -> None:
    code = "print(__name__, int(input()) + 1)"
    first, second, third = observe(
        sandbox, code, StdinCase("41\n"), StdinCase("x\n"), StdinCase("")
    )
    assert (first.ended, first.exit_code, first.stdout) == ("exited", 0, "__main__ 42\n")
    assert (second.ended, second.exit_code) == ("raised", 1)
    assert second.exception is not None
    assert second.exception.type == "ValueError"
    assert "Traceback" in second.stderr
    assert third.exception is not None
    assert third.exception.type == "EOFError"


def test_each_case_starts_afresh(sandbox: Sandbox) -> None:
    code = (
        "import os, sys\nseen = []\n"
        "def f():\n    seen.append(1)\n    open('left', 'a').write('x'); os.makedirs('a/b')\n"
        "    open('/dev/shm/left', 'a').write('x')\n"
        "    return len(seen), os.path.getsize('left'), os.path.getsize('/dev/shm/left')"
    )
    for each in observe(sandbox, code, "f()", "f()"):
        assert each.value == {"type": "tuple", "items": [integer(1)] * 3}, each


ENDS = {
    "1 / 0": Observation("raised", None, Raised("ZeroDivisionError", "division by zero"), 1),
    "sys.exit(3)": Observation("exited", exit_code=3),
    "os._exit(0)": Observation("exited", exit_code=0),
    "forever()": Observation("timeout"),
    "bytearray(10 ** 10)": Observation("memory"),
    "os.abort()": Observation("crashed"),
    "flood()": Observation("output_limit"),
    "nothing(": Observation(
        "raised", None, Raised("SyntaxError", "'(' was never closed (<call>, line 1)"), 1
    ),
    "41 + 1": Observation("value", integer(42)),
}


@pytest.mark.parametrize(
    "make", ["shmget(4711, 64, {})", "msgget(4711, {})", "semget(4711, 1, {})"]
)
def test_no_case_leaves_another_one_a_message_in_the_kernel(sandbox: Sandbox, make: str) -> None:
    """What is of System V outlives its processes, and has no file that could be removed."""
    found, made = make.format(0), make.format(0o1666)
    code = f"import ctypes\nlibc = ctypes.CDLL(None)\ndef f(): return libc.{found}, libc.{made}"
    refused = {"type": "tuple", "items": [integer(-1)] * 2}
    assert [each.value for each in observe(sandbox, code, "f()", "f()")] == [refused] * 2


def test_every_case_ends_in_its_own_way_and_the_next_one_is_run(sandbox: Sandbox) -> None:
    code = (
        "import os, sys\ndef forever():\n    while True: pass\n"
        "def flood():\n    while True: print('spam' * 99)"
    )
    observed = observe(sandbox, code, *ENDS, limits=HASTY)
    for expected, found in zip(ENDS.values(), observed, strict=True):
        assert (found.ended, found.value, found.exception, found.exit_code) == (
            expected.ended,
            expected.value,
            expected.exception,
            expected.exit_code,
        )


def test_when_the_time_is_over_the_rest_is_not_run(sandbox: Sandbox) -> None:
    limits = Limits(wall_s=0.8, case_wall_s=0.5)
    result = run(sandbox, "", *[LOOP] * 4, limits=limits)
    assert [each.ended for each in result.observations] == [
        "timeout", "timeout", "not_run", "not_run"
    ]  # fmt: skip
    assert result.duration_ms < 2500


LOOP = CallCase("[0 for _ in iter(int, 1)]")

CHEATS = {
    "__eq__ that is always true": (
        "class Any:\n    def __eq__(self, other): return True\n    def __repr__(self): return '3'\n"
        "def f(): return Any()"
    ),
    "an int that is not one": (
        "class int(int):\n"
        "    def __repr__(self): return '3'\n"
        "    def __eq__(self, other): return True\n"
        "def f(): return int(5)"
    ),
    "repr and type replaced": (
        "import builtins\nbuiltins.repr = lambda x: '3'\nbuiltins.type = lambda x: int\n"
        "def f(): return object()"
    ),
    "a report of its own, twice": (
        "import os, json\n"
        "def f():\n    for fd in range(3, 20):\n"
        "        for _ in range(2):\n"
        "            try: os.write(fd, REPORT)\n"
        "            except OSError: pass\n"
        "    return 5\n"
        "REPORT = json.dumps({'ended': 'value', 'value': {'type': 'int', 'repr': '3'}}).encode()"
    ),
    "leaves before it is asked": "import os\nos._exit(0)",
    "exit with 0": "raise SystemExit(0)",
    "a forged frame": (
        "import struct, sys\n"
        f"sys.stdout.buffer.write(struct.pack('>IB', 2, {CASE}) + b'{{}}')\ndef f(): return 5"
    ),
}


@pytest.mark.parametrize("code", CHEATS.values(), ids=CHEATS)
def test_a_program_that_wants_to_look_right_does_not(sandbox: Sandbox, code: str) -> None:
    (found,) = observe(sandbox, code, "f()")
    assert found.value != integer(3)


def test_what_reaches_a_container_holds_the_question_and_no_answer() -> None:
    cases = (CallCase("f(1)"), StdinCase("1\n"))
    [(kind, order)] = container._opening(Job("def f(x): return x", cases=cases))
    assert kind == JOB
    assert json.loads(order)["cases"] == 2
    assert json.loads(order).keys() == {
        "code", "program", "command", "interactive", "idle_s", "session_s", "files", "cases",
        "series", "case_wall_s", "case_output_bytes", "wall_s", "cpu_s", "output_bytes",
        "output_stop_bytes",
    }  # fmt: skip
    assert [case_frames(case) for case in cases] == [
        [(STDIN, b""), (BEGIN, b'{"call": "f(1)"}')],
        [(STDIN, b"1\n"), (STDIN, b""), (BEGIN, b'{"call": null}')],
    ]


def test_twenty_cases_are_quick(sandbox: Sandbox) -> None:
    began = time.monotonic()
    found = observe(sandbox, "def f(x): return x", *[f"f({n})" for n in range(20)])
    assert [each.value for each in found] == [integer(n) for n in range(20)]
    assert time.monotonic() - began < 5  # a container for each would take longer


@pytest.mark.parametrize("change", ["one less", "one more", "another shape"])
def test_observations_that_do_not_fit_count_for_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    receive = ContainerStream.receive

    def changed(line: ContainerStream) -> list[tuple[int, bytes]]:
        frames = []
        for kind, payload in receive(line):
            if kind != CASE or change != "one less":
                frames.append((kind, payload))
            if kind == CASE and change == "one more":
                frames.append((kind, payload))
        if change == "another shape":
            bad = json.dumps({"ended": "passed"}).encode()
            return [(kind, bad if kind == CASE else payload) for kind, payload in frames]
        return frames

    with monkeypatch.context() as wrong:
        wrong.setattr(ContainerStream, "receive", changed)
        result = run(sandbox, "", "1")
    assert (result.status, result.observations) == (Status.SANDBOX_ERROR, ())


def test_a_program_has_other_files_beside_it(sandbox: Sandbox) -> None:
    files = (("helper.py", "def name(): return 'helper'\n"), ("data.txt", "ä\r\n"))
    code = "import helper\nprint(helper.name(), ascii(open('data.txt', newline='').read()))"
    result = sandbox.do(Job(code, files=files))
    assert (result.stderr, result.stdout) == ("", "helper '\\xe4\\r\\n'\n")
    result = sandbox.do(Job(code, files=files, cases=(StdinCase(""), CallCase("helper.name()"))))
    assert [each.ended for each in result.observations] == ["exited", "value"]
