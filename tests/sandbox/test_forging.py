"""No program speaks for the supervisor: what passes through PID 1 is copied, counted and sealed.

The kernel's own pipes carry more than bytes: packets that are cut by a short read, pages that
change on their way. Each layer that holds such things back is tried without the others.
"""

import contextlib
import json
import socket
from typing import Any

import pytest

from sandbox import container
from sandbox.cases import CallCase, StdinCase
from sandbox.inside.wire import (
    BEGIN,
    CASE,
    END,
    FAILED,
    NONCE,
    NONCE_BYTES,
    READY,
    STDIN,
    STDOUT,
    WireError,
    encode,
)
from sandbox.job import Job, Limits, Status
from sandbox.spec import ContainerSpec
from sandbox.stream import ContainerStream, Frame

from .conftest import Sandbox

LIMITS = Limits(wall_s=8, case_wall_s=3)
INTEGER = {"type": "int", "repr": "200"}
TRUE = {"type": "bool", "repr": "True"}

# Bytes that end in a packet of 4096 bytes which a reader's buffer of 32 KiB cuts in two: the kernel
# forgets the second half, and what follows would be taken for frames.
PACKETS = """
import fcntl, json, os, struct, time
def frame(kind, payload=b""): return struct.pack(">IB", len(payload), kind) + payload
def end(**facts):
    return json.dumps({"cause": "", "exit_code": 0, "signal": None, "oom_kills": 0,
        "duration_ms": 1, "cpu_ms": 1, "peak_memory_kb": 1, "stdout_bytes": 0,
        "stderr_bytes": 0} | facts).encode()
def cut_in_two(fd):
    out, into = os.pipe()
    os.write(into, b"A" * 30000)
    try: fcntl.fcntl(into, fcntl.F_SETFL, os.O_DIRECT)
    except OSError as error: return print(error.strerror)
    os.write(into, b"B" * 4096)
    os.splice(out, fd, 34096)
    time.sleep(0.2)
def speak(fd, frames):
    os.write(fd, frame(2) * 600 + frames)
    time.sleep(0.2)
"""
ENDS = PACKETS + f"cut_in_two(1)\nspeak(1, frame({END}, end(cpu_ms=123456)))\nos._exit(7)\n"
ANSWERS = (
    PACKETS
    + f"""
def report():
    for fd in range(3, 64):
        try:
            pipe = os.readlink(f"/proc/self/fd/{{fd}}").startswith("pipe:")
            if pipe and fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY: return fd
        except OSError: pass
def f(x): return 0
value = json.dumps({{"ended": "value", "value": {json.dumps(INTEGER)}}}).encode()
frames = frame({CASE}, end())
for _ in range(3): frames += frame(7, value) + frame({CASE}, end())
fd = report()
cut_in_two(fd)
speak(fd, frames + frame({END}, end()))
"""
)


@pytest.fixture
def unfiltered(image: str, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox that refuses no system call."""
    body = ContainerSpec.body

    def without(spec: ContainerSpec) -> dict[str, Any]:
        made = body(spec)
        made["HostConfig"]["SecurityOpt"] = ["no-new-privileges", "seccomp=unconfined"]
        return made

    monkeypatch.setattr(ContainerSpec, "body", without)
    return Sandbox(image)


@pytest.mark.docker
def test_packets_in_the_output_end_no_run(unfiltered: Sandbox) -> None:
    result = unfiltered.run(ENDS, limits=LIMITS)
    assert (result.status, result.exit_code, result.message) == (Status.ERROR, 7, "")
    assert result.stdout.startswith("A" * 30000 + "B" * 4096 + "\N{REPLACEMENT CHARACTER}")
    assert len(result.stdout) > 34096 + 600 * 5
    assert result.cpu_ms < 5000


@pytest.mark.docker
def test_packets_in_a_report_answer_no_other_case(unfiltered: Sandbox) -> None:
    cases = tuple(CallCase(f"f({n})") for n in range(4))
    result = unfiltered.do(Job(ANSWERS, limits=LIMITS, cases=cases))
    assert (result.status, len(result.observations)) == (Status.OK, 4)
    assert INTEGER not in [each.value for each in result.observations]


IN_FLIGHT = """
import ctypes, fcntl, array, mmap, os, termios, time
class Piece(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
page = mmap.mmap(-1, 4096)
page.write(b"x" * 4096)
piece = Piece(ctypes.addressof(ctypes.c_char.from_buffer(page)), 4096)
assert ctypes.CDLL(None).vmsplice(1, ctypes.byref(piece), 1, 0) == 4096
unread = array.array("i", [1])
while unread[0]:
    fcntl.ioctl(1, termios.FIONREAD, unread)
    time.sleep(0.01)
page.seek(0)
page.write(b"y" * 4096)
"""


@pytest.mark.docker
def test_what_has_been_taken_of_the_output_is_the_programs_no_more(sandbox: Sandbox) -> None:
    """A page given to the kernel may change until it is copied, and never after."""
    result = sandbox.do(Job(IN_FLIGHT, limits=LIMITS, cases=(StdinCase(""),)))
    (found,) = result.observations
    assert (found.ended, found.stdout, found.stderr) == ("exited", "x" * 4096, "")


HOG = """
import os, threading
pages = os.memfd_create("pages")
def printing():
    while True: os.write(1, b"x" * 65536)
for _ in range(4): threading.Thread(target=printing, daemon=True).start()
while True: os.write(pages, b"x" * 1048576)
"""


@pytest.mark.docker
def test_output_is_taken_while_memory_runs_out(cold: Sandbox) -> None:
    """The copy needs memory of the container's, while the program waits for its pipe."""
    result = cold.run(HOG, limits=LIMITS)
    assert result.status in {Status.MEMORY, Status.OUTPUT_LIMIT}
    assert set(result.stdout) <= {"x"}


@pytest.mark.docker
def test_input_that_comes_when_it_has_ended_is_refused_and_said_so(image: str) -> None:
    """It could be another case's."""
    code = "import sys, time\ntime.sleep(1)\nprint(sys.stdin.read())"
    assert "frame of kind 17 after the end" in after_its_input(image, code, (STDIN, b"late"))


@pytest.mark.docker
def test_a_case_that_comes_while_another_one_runs_is_refused_and_said_so(image: str) -> None:
    code = "import time\ntime.sleep(5)"
    assert "cannot work here: 'frame of kind 19 " in after_its_input(image, code, (BEGIN, b"{}"))


def after_its_input(image: str, code: str, frame: Frame) -> str:
    """Why a container gives up that gets `frame` when its program has got all of its input."""
    job = Job(code, "given", LIMITS)
    with contextlib.closing(container.connect()) as engine:
        started = container.start(engine, image, LIMITS, owner="test")
        try:
            container.send_job(started, job)
            started.stream.send_all([frame])
            with pytest.raises(WireError) as caught:
                while True:
                    assert END not in [kind for kind, _ in started.stream.receive()]
        finally:
            container.remove(engine, started)
    return str(caught.value)


@pytest.fixture
def ends() -> Any:
    """A line, and the supervisor's end of it."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    with ContainerStream(ours) as line, theirs:
        yield line, theirs


def say(theirs: socket.socket, kind: int, payload: bytes) -> None:
    frame = encode(kind, payload)
    theirs.sendall(b"\1\0\0\0" + len(frame).to_bytes(4, "big") + frame)


def heard(line: ContainerStream, theirs: socket.socket) -> bytes:
    """The nonce that the supervisor is given once it is ready."""
    say(theirs, READY, b"")
    line.expect_ready()
    frame = theirs.recv(100)
    assert frame[:5] == encode(NONCE, bytes(NONCE_BYTES))[:5]
    return frame[5:]


@pytest.mark.parametrize("kind", [CASE, END])
def test_an_end_counts_only_with_the_nonce_of_its_container(
    ends: tuple[ContainerStream, socket.socket], kind: int
) -> None:
    line, theirs = ends
    nonce = heard(line, theirs)
    assert len(nonce) == NONCE_BYTES
    say(theirs, kind, nonce + b"{}")
    assert line.receive() == [(kind, b"{}")]
    say(theirs, kind, bytes(NONCE_BYTES) + b"{}")
    with pytest.raises(WireError, match="not the supervisor's"):
        line.receive()


@pytest.mark.parametrize("payload", [b"", b"{}"])
def test_an_end_without_a_nonce_is_nobodys(
    ends: tuple[ContainerStream, socket.socket], payload: bytes
) -> None:
    line, theirs = ends
    heard(line, theirs)
    say(theirs, END, payload)
    with pytest.raises(WireError, match="not the supervisor's"):
        line.receive()


def test_every_container_has_a_nonce_of_its_own() -> None:
    nonces = set()
    for _ in range(3):
        ours, theirs = socket.socketpair()
        theirs.settimeout(5)
        with ContainerStream(ours) as line, theirs:
            nonces.add(heard(line, theirs))
    assert len(nonces) == 3


def test_output_has_no_nonce(ends: tuple[ContainerStream, socket.socket]) -> None:
    line, theirs = ends
    heard(line, theirs)
    say(theirs, STDOUT, b"printed")
    assert line.receive() == [(STDOUT, b"printed")]


def test_a_supervisor_that_gives_up_says_why(ends: tuple[ContainerStream, socket.socket]) -> None:
    line, theirs = ends
    heard(line, theirs)
    say(theirs, FAILED, b"for a reason")
    with pytest.raises(WireError, match="cannot work here: 'for a reason'"):
        line.receive()


@pytest.mark.docker
def test_no_process_of_a_program_holds_the_nonce(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be worth as little as what PID 1 knows, of which every case's process is a copy."""
    monkeypatch.setattr("sandbox.stream.secrets.token_bytes", lambda size: b"\xf1" * size)
    code = (
        "import re\n"
        "def f():\n"
        "    found = searched = 0\n"
        "    for line in open('/proc/self/maps'):\n"
        "        low, high = (int(each, 16) for each in line.split()[0].split('-'))\n"
        "        with open('/proc/self/mem', 'rb', 0) as memory:\n"
        "            try: memory.seek(low); data = memory.read(high - low)\n"
        "            except (OSError, OverflowError, ValueError): continue\n"
        "        searched += len(data)\n"
        f"        found += len(re.findall(rb'\\xf1{{{NONCE_BYTES}}}', data))\n"
        "    return found, searched > 1 << 20"
    )
    cases = (CallCase("f()"),) * 3
    result = Sandbox(image).do(Job(code, limits=LIMITS, cases=cases))
    nowhere = {"type": "tuple", "items": [{"type": "int", "repr": "0"}, TRUE]}
    assert [each.value for each in result.observations] == [nowhere] * 3, result


# Each does what it must not and raises OSError; x86-64 and aarch64 number their calls differently.
REFUSED = """
import ctypes, errno, fcntl, mmap, os, platform
libc = ctypes.CDLL(None, use_errno=True)
madvise, setfl = {"x86_64": (28, 72), "aarch64": (233, 25)}[platform.machine()]
page = mmap.mmap(-1, 4096)
at = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(page)))
out, into = os.pipe()
file = os.open("/etc/passwd", os.O_RDONLY)
HIGH = 1 << 32  # the kernel looks at the lower half only
def call(*words):
    if libc.syscall(*[ctypes.c_long(each) if type(each) is int else each for each in words]) == -1:
        raise OSError(ctypes.get_errno(), "refused")
DEEDS = {
    "F_SETFL": lambda: fcntl.fcntl(into, fcntl.F_SETFL, os.O_DIRECT),
    "F_SETFL, longer": lambda: call(setfl, into, HIGH + fcntl.F_SETFL, os.O_DIRECT),
    "pipe2": lambda: os.pipe2(os.O_DIRECT),
    "pipe2 of notifications": lambda: os.pipe2(os.O_EXCL),
    "open": lambda: os.open("/etc/passwd", os.O_DIRECT),
    "openat2": lambda: call(437, -100, b"/etc/passwd", 0, 24),
    "fadvise": lambda: os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED),
    "cold": lambda: call(madvise, at, 4096, 20),
    "pageout": lambda: call(madvise, at, 4096, 21),
    "pageout, longer": lambda: call(madvise, at, 4096, HIGH + 21),
    "merge": lambda: call(madvise, at, 4096, 12),
    "collapse": lambda: call(madvise, at, 4096, 25),
    "nowait": lambda: os.preadv(file, [bytearray(9)], 0, os.RWF_NOWAIT),
}
for name in ("mincore", "readahead", "sync_file_range", "syncfs"):
    def deed(function=getattr(libc, name)):
        if function(file, 0, 0, 0) == -1: raise OSError(ctypes.get_errno(), "refused")
    DEEDS[name] = deed
for name, deed in DEEDS.items():
    try: deed(); print(name, "is allowed")
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOSYS): print(name, errno.errorcode[error.errno])
"""


@pytest.mark.docker
def test_what_reaches_into_shared_caches_or_makes_packets_is_refused(sandbox: Sandbox) -> None:
    result = sandbox.run(REFUSED, limits=LIMITS)
    assert (result.stdout, result.stderr, result.exit_code) == ("", "", 0)


ORDINARY = """
import fcntl, mmap, os, shutil, tempfile
out, into = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
os.set_blocking(out, True)
os.set_inheritable(out, True)
fcntl.fcntl(into, fcntl.F_DUPFD_CLOEXEC, 50)
fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, 8192)
with open("data", "w+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    file.write(b"x" * 9000)
    file.flush()
    os.fsync(file.fileno())
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
    assert os.preadv(file.fileno(), [bytearray(9)], 0) == 9
    with mmap.mmap(file.fileno(), 0) as pages:
        pages.madvise(mmap.MADV_WILLNEED)
        pages.madvise(mmap.MADV_DONTNEED)
shutil.copytree(tempfile.mkdtemp(), "copy")
os.sync()
"""


@pytest.mark.docker
def test_what_programs_do_every_day_is_allowed(sandbox: Sandbox) -> None:
    result = sandbox.run(ORDINARY, limits=LIMITS)
    assert (result.stdout, result.stderr, result.exit_code) == ("", "", 0)
