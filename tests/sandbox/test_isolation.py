"""No case's process holds another case than its own: searched from inside, in real containers."""

import contextlib
import json
import secrets
import time
import uuid
from typing import Any

import pytest

from sandbox import container, languages
from sandbox.cases import CallCase, CaseJob, Observation, StdinCase
from sandbox.execution import NullObserver
from sandbox.inside.wire import WireError
from sandbox.job import Job, Limits, Result, Status
from sandbox.spec import APP_LABEL, ContainerSpec
from sandbox.stream import ContainerStream
from sandbox.uid import uids

from .conftest import Sandbox
from .searching import JAVASCRIPT, PYTHON

pytestmark = pytest.mark.docker

CASES = 4
LIMITS = Limits(wall_s=110, case_wall_s=25, cpu_s=20)


def canary() -> str:
    return f"kanari-{secrets.token_hex(8)}"


def in_a_row(*canaries: str) -> str:
    """As it is given to a case: some copies survive where memory was freed and used again."""
    return "".join(each * 4 for each in canaries)


def assert_only_its_own(observed: Observation, *own: str) -> None:
    """`own` is what the case was given; the first of it is what it has left behind."""
    told = json.loads(observed.stdout.partition("\n")[0])
    assert own[0] in told["found"], "it has not searched"
    assert set(told["found"]) <= {*own}
    assert told["others"] == []
    assert own[0] in observed.stderr, "it has left nothing"


def run(sandbox: Sandbox, code: str, cases: list[CaseJob], **facts: Any) -> Result:
    result = sandbox.do(Job(code, limits=LIMITS, cases=tuple(cases), **facts))
    assert (result.status, result.message) == (Status.OK, "")
    return result


def test_no_called_function_finds_what_another_case_was_called_with(sandbox: Sandbox) -> None:
    given = [(canary(), canary()) for _ in range(CASES)]
    cases: list[CaseJob] = [
        CallCase(f"probe({in_a_row(asked)!r})", in_a_row(typed) + "\n") for asked, typed in given
    ]
    result = run(sandbox, PYTHON, cases)
    for observed, own in zip(result.observations, given, strict=True):
        assert_only_its_own(observed, *own)


def test_no_program_finds_what_another_one_has_read(sandbox: Sandbox) -> None:
    given = [canary() for _ in range(CASES)]
    result = run(sandbox, PYTHON, [StdinCase(in_a_row(each)) for each in given])
    for observed, own in zip(result.observations, given, strict=True):
        assert_only_its_own(observed, own)


def test_no_program_in_javascript_finds_what_another_one_has_read(javascript_image: str) -> None:
    given = [canary() for _ in range(CASES)]
    sandbox = Sandbox(javascript_image)
    result = run(
        sandbox, JAVASCRIPT, [StdinCase(in_a_row(each)) for each in given],
        language=languages.JAVASCRIPT,
    )  # fmt: skip
    assert sandbox.left_over() == []
    for observed, own in zip(result.observations, given, strict=True):
        assert_only_its_own(observed, own)


LOOPBACK = """
import socket
def f(port):
    sockets = [open(f"/proc/net/{name}").read().count("\\n") - 1 for name in ("tcp", "tcp6", "udp")]
    server = socket.create_server(("127.0.0.1", port))
    client = socket.create_connection(("127.0.0.1", port))
    there, _ = server.accept()
    client.close(); there.close(); server.close()
    return sum(sockets)
"""
NOBODY = {"type": "int", "repr": "0"}


def test_a_closed_connection_is_gone_before_the_next_case(sandbox: Sandbox) -> None:
    """Its ports are numbers that a case can choose; the kernel would keep them for a minute."""
    result = run(sandbox, LOOPBACK, [CallCase("f(4711)"), CallCase("f(4711)")])
    assert [each.value for each in result.observations] == [NOBODY] * 2


def test_where_the_kernel_keeps_closed_connections_no_other_case_is_run(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = ContainerSpec.body

    def keeping(spec: ContainerSpec) -> dict[str, Any]:
        made = body(spec)
        del made["HostConfig"]["Sysctls"]
        return made

    monkeypatch.setattr(ContainerSpec, "body", keeping)
    result = run(Sandbox(image), LOOPBACK, [CallCase("f(4711)")] * 3)
    assert [each.ended for each in result.observations] == ["value", "not_run", "not_run"]


def test_what_cannot_be_cleared_away_ends_it_for_the_other_cases(sandbox: Sandbox) -> None:
    code = (
        "import os\ndef f():\n    assert not os.path.exists('a')\n"
        "    os.makedirs('a/b/c'); os.chmod('a/b', 0)"
    )
    result = run(sandbox, code, [CallCase("f()")] * 3)
    assert [each.ended for each in result.observations] == ["value", "not_run", "not_run"]


TIMES = """
import os, time
def times():
    found = {}
    for folder, folders, files in os.walk("/dev"):
        for path in (folder, *(os.path.join(folder, name) for name in files)):
            if os.access(path, os.W_OK) and not os.path.islink(path):
                found[path] = os.stat(path).st_atime_ns, os.stat(path).st_mtime_ns
    found["/tmp"] = os.stat("/tmp").st_atime_ns, os.stat("/tmp").st_mtime_ns
    return found
def f():
    before = times()
    for path in before: os.utime(path)
    after = times()
    time.sleep(0.02)  # longer than a tick of the clock that files have
    return [[path, *before[path], *after[path]] for path in sorted(before)]
"""


def test_the_times_of_devices_and_folders_tell_no_other_case_anything(sandbox: Sandbox) -> None:
    result = run(sandbox, TIMES, [CallCase("f()")] * 2)
    first, second = (
        {
            path["repr"].strip("'"): [int(each["repr"]) for each in times]
            for path, *times in (row["items"] for row in (observed.value or {})["items"])
        }
        for observed in result.observations
    )
    assert {"/tmp", "/dev/shm", "/dev/null"} <= first.keys()  # noqa: S108  # the container's
    assert first.keys() == second.keys()
    for path, (_, _, *left) in first.items():
        found = second[path][:2]
        in_seconds = not any(each % 10**9 for each in found)  # so /dev/pts counts
        assert in_seconds or all(map(int.__gt__, found, left)), path


TAKING_BACK = """
import os
taken = os.open("/proc/self/fd/1", os.O_RDONLY | os.O_NONBLOCK)
for _ in range(20_000):
    os.write(1, b"x" * 100)
    try: os.read(taken, 1 << 16)
    except BlockingIOError: pass
os.write(1, b"the end")
"""


def test_a_program_that_takes_back_what_it_has_printed_does_no_harm(sandbox: Sandbox) -> None:
    """How much there is to pass on must not change between its announcement and the deed."""
    result = run(sandbox, TAKING_BACK, [StdinCase(""), CallCase("1")])
    assert [each.ended for each in result.observations] == ["exited", "value"]


GIVEN = """
import os
pages = os.memfd_create("pages")
os.write(pages, b"x" * 65536)
for _ in range(5):
    os.splice(pages, 1, 65536, 0)
    os.pwrite(pages, b"y" * 65536, 0)
"""


def test_output_that_changes_on_its_way_is_as_long_as_it_was(sandbox: Sandbox) -> None:
    (found,) = run(sandbox, GIVEN, [StdinCase("")]).observations
    assert (found.ended, len(found.stdout)) == ("exited", 16 * 1024)
    assert set(found.stdout) <= {"x", "y"}


def test_where_the_kernel_cannot_move_data_the_sandbox_says_so(image: str) -> None:
    """Never another way in silence: the next case would find what has been read."""
    with contextlib.closing(container.connect()) as engine, contextlib.ExitStack() as at_the_end:
        uid = uids.acquire()
        at_the_end.callback(uids.release, uid)
        name = f"{APP_LABEL}-{uuid.uuid4().hex}"
        spec = ContainerSpec(
            name, image, uid, Limits().memory_bytes, Limits().processes, "test",
            deadline=round(time.time()) + 60,
        )  # fmt: skip
        from_a_file = "exec python3 -I -X utf8 /opt/sandbox < /etc/passwd"
        made = spec.body() | {"Entrypoint": ["sh", "-c", from_a_file]}
        engine.create_container_from_config(made, name)  # type: ignore[no-untyped-call]
        at_the_end.callback(container._remove, engine, name)
        attached = engine.attach_socket(name, params=container.ATTACHED)
        line = at_the_end.enter_context(ContainerStream(attached))
        engine.start(name)
        with pytest.raises(WireError, match="cannot work here: .*between pipes"):
            line.expect_ready()


class Slow(NullObserver):
    """Who follows a run and is busy."""

    def cancelled(self) -> bool:
        time.sleep(0.5)
        return False


def test_a_slow_host_takes_no_time_from_any_case(sandbox: Sandbox) -> None:
    limits = Limits(wall_s=1, case_wall_s=0.8)
    job = Job("def f(): return 1", limits=limits, cases=(CallCase("f()"),) * 8)
    result = sandbox.do(job, Slow())
    assert [each.ended for each in result.observations] == ["value"] * 8
    assert result.duration_ms > 1000


class StopsAt(NullObserver):
    """Stops a run after a while."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def cancelled(self) -> bool:
        return time.monotonic() > self._until


def test_a_stopped_run_has_an_observation_for_each_case_all_the_same(sandbox: Sandbox) -> None:
    limits = Limits(wall_s=9, case_wall_s=5)
    cases = (CallCase("1"), CallCase("any(iter(int, 1))"), CallCase("3"))
    result = sandbox.do(Job("", limits=limits, cases=cases), StopsAt(1))
    assert result.status is Status.CANCELLED
    assert [each.ended for each in result.observations] == ["value", "not_run", "not_run"]


def test_a_case_has_a_pipe_to_read_from_as_any_program(sandbox: Sandbox) -> None:
    code = "import os, stat, sys\nprint(stat.S_ISFIFO(os.fstat(0).st_mode), len(sys.stdin.read()))"
    sizes = (0, 1, 65_536, 65_537, 250_000)
    result = run(sandbox, code, [StdinCase("x" * size) for size in sizes])
    assert [each.stdout for each in result.observations] == [f"True {size}\n" for size in sizes]


def test_input_that_nobody_reads_holds_nobody_up(sandbox: Sandbox) -> None:
    result = run(sandbox, "pass", [StdinCase("x" * 250_000)] * 3)
    assert [each.ended for each in result.observations] == ["exited"] * 3


SIGNALS = r"""
import os, re, signal, time
def write(text):
    # Sent in the moment in which it may flush: nobody else hears it then.
    begun = []
    signal.signal(signal.SIGRTMAX, lambda *_: begun.append(True))
    status = os.open("/proc/1/status", os.O_RDONLY)
    both = 1 << signal.SIGALRM - 1 | 1 << signal.SIGCHLD - 1
    def pending():
        told = os.pread(status, 4096, 0)
        return int(told[told.index(b"ShdPnd:") + 7:].split(None, 1)[0], 16) & both
    while not begun: time.sleep(0.001)
    for bit in "".join(f"{byte:08b}" for byte in text.encode()):
        os.kill(1, signal.SIGALRM if bit == "1" else signal.SIGCHLD)
        while pending(): pass
    while True: time.sleep(1)
def read():
    numbers = b"[%c%c]{64,}" % (signal.SIGALRM, signal.SIGCHLD)
    found = 0
    for line in open("/proc/self/maps"):
        (begin, end), kind = (int(each, 16) for each in line.split()[0].split("-")), line.split()[1]
        if "rw" in kind and end - begin < 1 << 26:
            with open("/proc/self/mem", "rb", 0) as memory:
                memory.seek(begin)
                found += len(re.findall(numbers, memory.read(end - begin)))
    return found
"""


def test_the_order_of_signals_to_the_supervisor_reaches_no_later_case(sandbox: Sandbox) -> None:
    """Python's own pipe for signals holds their numbers: to read it would be to read a message."""
    message = f"write({secrets.token_hex(50)!r})"
    cases = [CallCase(call) for call in ("1", message, "2", "read()", "read()")]
    limits = Limits(wall_s=60, case_wall_s=2, cpu_s=10)
    result = sandbox.do(Job(SIGNALS, limits=limits, cases=tuple(cases)))
    assert [each.ended for each in result.observations] == [
        "value", "timeout", "value", "value", "value",
    ]  # fmt: skip
    assert [each.value for each in result.observations[3:]] == [NOBODY] * 2


COUNTERS = """
import ctypes, os
def looks():
    told = [path for path in ("/proc/vmstat", "/proc/zoneinfo", "/proc/locks") if open(path).read()]
    told += [path for path in ("/proc/sys", "/sys/kernel", "/sys/module") if os.listdir(path)]
    page = ctypes.create_string_buffer(4096)
    return [*told, ctypes.CDLL(None).mlock(page, 4096)]
"""


def test_what_the_kernel_counts_for_all_of_the_machine_is_out_of_reach(sandbox: Sandbox) -> None:
    """Some of it moves by exactly what a program does, and stays until the machine starts anew."""
    (found,) = run(sandbox, COUNTERS, [CallCase("looks()")]).observations
    assert found.value == {"type": "list", "items": [{"type": "int", "repr": "-1"}]}
