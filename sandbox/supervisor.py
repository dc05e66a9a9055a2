"""PID 1 inside the container: runs one program in a child and says how it ended.

Standard library only, Python 3.11 or later; the image holds a copy of this file. The host imports
it for the wire: `encode`, `Frames` and the kinds of frames.

1. Say READY, wait for one JOB.
2. Fork; the child becomes the student's program (`become`) and never returns here.
3. Pass output on, up to the limits; pass input in; watch the clock, the host and the child.
4. SIGKILL everything that is left, pass on what is still in the pipes, say END, exit.

PID 1 exits when the host's end closes, at the latest a second after the deadline: when it is gone,
the kernel ends every other process of the container.
"""

import contextlib
import ctypes
import errno
import json
import linecache
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
import types
from collections.abc import Iterator
from typing import Any, NoReturn

# The wire: a header (length of the payload, kind), then the payload.
HEADER = struct.Struct(">IB")
READY, STDOUT, STDERR, END = 1, 2, 3, 4  # from the supervisor
JOB, STDIN, CANCEL = 16, 17, 18  # towards it
MAX_FRAME_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 32 * 1024

PROGRAM_DIR = "/tmp"  # noqa: S108  # the container's own tmpfs, its only writable place
PROGRAM_NAME = "main.py"
PROGRAM_PATH = f"{PROGRAM_DIR}/{PROGRAM_NAME}"

PR_SET_DUMPABLE = 4
# Asks the program to flush what it has printed, before it is killed.
FLUSH_SIGNAL = signal.SIGRTMAX
FLUSH_GRACE_S = 0.05
# What the end of the child rests on, kept apart: a program may replace them wherever it can.
SYSTEM_EXIT, BASE_EXCEPTION, EXCEPTHOOK, LEAVE = SystemExit, BaseException, sys.excepthook, os._exit
# Seconds after its deadline at which PID 1 ends even if it is stuck in a write to the host.
BACKSTOP_S = 1.0

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": PROGRAM_DIR,
    "LANG": "C.UTF-8",
    # Libraries for arithmetic start a thread per core of the host unless told otherwise.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class WireError(Exception):
    """The other end sent what the wire does not allow. There is no way to go on."""


def encode(kind: int, payload: bytes = b"") -> bytes:
    return HEADER.pack(len(payload), kind) + payload


class Frames:
    """Bytes in, frames out: (kind, payload). Raises WireError for a kind or length not allowed."""

    def __init__(self, *kinds: int) -> None:
        self._kinds = kinds
        # What has arrived of the frame that is not complete yet.
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            length, kind = HEADER.unpack_from(self._buffer)
            if kind not in self._kinds or length > MAX_FRAME_BYTES:
                raise WireError(f"frame of kind {kind} and {length} bytes")
            if len(self._buffer) < HEADER.size + length:
                return
            payload = bytes(self._buffer[HEADER.size : HEADER.size + length])
            del self._buffer[: HEADER.size + length]
            yield kind, payload


# The child: the student's program ---------------------------------------------------------------


def become(job: dict[str, Any], stdin: int, stdout: int, stderr: int) -> NoReturn:
    """Turn this process into the student's program and end as it ends.

    Leaves by SystemExit through the interpreter's own end, so that threads that are not daemons
    are waited for and atexit runs, as without a sandbox.
    """
    os.setsid()
    for target, source in enumerate((stdin, stdout, stderr)):
        os.dup2(source, target)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    set_dumpable(True)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")  # the kernel takes the program and never PID 1
    resource.setrlimit(resource.RLIMIT_CPU, (job["cpu_s"], job["cpu_s"] + 1))
    restore_signals()
    os.environ.clear()
    os.environ.update(ENVIRONMENT)
    for stream, errors in ((sys.stdout, "strict"), (sys.stderr, "backslashreplace")):
        assert hasattr(stream, "reconfigure")
        stream.reconfigure(encoding="utf-8", errors=errors, line_buffering=True)
    run_program(job["code"].encode())


def restore_signals() -> None:
    """Undo what PID 1 set for itself; flush on FLUSH_SIGNAL and when the CPU time is used up."""

    def flush(number: int, _frame: object) -> None:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        if number == signal.SIGXCPU:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGXCPU, flush)
    signal.signal(FLUSH_SIGNAL, flush)


def run_program(source: bytes) -> NoReturn:
    """Run `source` as `python main.py` would; tracebacks show its lines and none of ours."""
    os.chdir(PROGRAM_DIR)
    with open(PROGRAM_PATH, "wb") as file:  # noqa: PTH123
        file.write(source)
    lines = source.decode("utf-8-sig").splitlines(keepends=True)
    linecache.cache[PROGRAM_NAME] = (len(source), None, lines, PROGRAM_PATH)
    sys.argv[:] = [PROGRAM_NAME]
    sys.path.insert(0, PROGRAM_DIR)
    main = types.ModuleType("__main__")
    main.__file__ = PROGRAM_PATH
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    try:
        program = compile(source, PROGRAM_NAME, "exec", dont_inherit=True)
    except MemoryError as error:
        error.add_note("The program nests an expression so deeply that Python cannot read it.")
        show(error)
    except BASE_EXCEPTION as error:
        show(error)
    else:
        execute(program, main.__dict__)
    raise SYSTEM_EXIT(1)


def execute(program: types.CodeType, names: dict[str, Any]) -> NoReturn:
    try:
        exec(program, names)
    except SYSTEM_EXIT:
        raise
    except BASE_EXCEPTION as error:
        hint(error)
        show(error)
        raise SYSTEM_EXIT(1) from None
    raise SYSTEM_EXIT(0)


def show(error: BaseException) -> None:
    """Print the traceback without the supervisor's frames, through the program's own hook."""
    try:
        sys.excepthook(type(error), cut(error), error.__traceback__)
    except SYSTEM_EXIT:
        raise
    except BASE_EXCEPTION as failure:
        failure.__context__ = None
        print_aside("Error in sys.excepthook:")
        EXCEPTHOOK(type(failure), cut(failure), failure.__traceback__)
        print_aside("\nOriginal exception was:")
        EXCEPTHOOK(type(error), error, error.__traceback__)


def cut(error: BaseException) -> BaseException:
    """`error` without the supervisor's frames at the top of its traceback."""
    traceback = error.__traceback__
    while traceback and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    return error.with_traceback(traceback)


def print_aside(text: str) -> None:
    with contextlib.suppress(BASE_EXCEPTION):
        sys.stderr.write(f"{text}\n")


def hint(error: BaseException) -> None:
    """Note on `error` where the sandbox is why; its class may be the program's and do anything."""
    with contextlib.suppress(BASE_EXCEPTION):
        if text := hint_for(error) or hint_for(error.__context__):
            error.add_note(text)


def hint_for(error: BaseException | None) -> str:
    match error:
        case EOFError() if "reading a line" in str(error):
            return (
                "The program asked for input and there was none left. Give it some and run again."
            )
        case ModuleNotFoundError(name=name) if name:
            return f"There is no module {name!r} here, and nothing can be installed."
        case socket.gaierror() | OSError(errno=errno.ENETUNREACH):
            return "Programs run here without a network."
        case MemoryError():
            return (
                "Python could not get the memory it asked for at once: is something far too large, "
                "or an expression nested too deeply?"
            )
        case _:
            return ""


def set_dumpable(value: bool) -> None:
    """Whether processes of the same user may look into this one (/proc, ptrace)."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, int(value), 0, 0, 0)


# PID 1 ------------------------------------------------------------------------------------------


class Program:
    """The student's program while it runs, seen from PID 1."""

    def __init__(self, job: dict[str, Any], pid: int, stdin: int, outputs: dict[int, int]) -> None:
        self.pid = pid
        self.started = time.monotonic()
        self.deadline = self.started + job["wall_s"]
        # Why it was stopped; empty while nobody had to.
        self.cause = ""
        # As os.wait4 gives it; None while the program runs.
        self.wait_status: int | None = None
        self.ended = self.deadline
        # The write end of its input; None once closed. `pending` has not been written yet.
        self.stdin: int | None = stdin
        self.pending = bytearray(job["stdin"].encode())
        self.stdin_open: bool = job["stdin_open"]
        # Read ends of its output that are still open, and the kind of frame each one fills.
        self.outputs = outputs
        # Bytes printed so far and the numbers at which passing on and running stop.
        self.printed = {STDOUT: 0, STDERR: 0}
        self.keep: int = job["output_bytes"]
        self.stop_at: int = job["output_stop_bytes"]
        self.oom_kills_before = oom_kills()

    def pass_output(self, fd: int) -> None:
        """Pass on one chunk; past the limit only count it; far past it the program must stop."""
        kind = self.outputs[fd]
        data = os.read(fd, CHUNK_BYTES)
        if not data:
            os.close(fd)
            del self.outputs[fd]
            return
        room = self.keep - self.printed[kind]
        self.printed[kind] += len(data)
        if room > 0:
            send(kind, data[:room])
        if self.printed[kind] >= self.stop_at:
            self.cause = self.cause or "output"

    def wants_input(self) -> list[int]:
        """The pipe to its input, if there is something to do there."""
        if self.stdin is None or (self.stdin_open and not self.pending):
            return []
        return [self.stdin]

    def pass_input(self) -> None:
        """Write what fits; close the pipe when all is written and no more will come."""
        assert self.stdin is not None
        try:
            if self.pending:
                del self.pending[: os.write(self.stdin, self.pending[:4096])]
        except BrokenPipeError:
            self.pending.clear()
            self.stdin_open = False
        except BlockingIOError:
            return
        if not self.pending and not self.stdin_open:
            os.close(self.stdin)
            self.stdin = None

    def hear(self, frames: Iterator[tuple[int, bytes]]) -> None:
        for kind, payload in frames:
            if kind == CANCEL:
                self.cause = self.cause or "cancelled"
            elif kind == STDIN and self.stdin_open:
                self.pending += payload
                self.stdin_open = bool(payload)

    def reap(self) -> None:
        """Take every dead child, orphans of the program included."""
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == self.pid:
                    self.wait_status = found[1]
                    self.ended = time.monotonic()

    def report(self) -> dict[str, Any]:
        """What END says. `cause` is empty if the program ended by itself."""
        status = self.wait_status if self.wait_status is not None else 0
        # Of all processes: everybody has been reaped, orphans by PID 1.
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {
            "cause": self.cause,
            "exit_code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            "oom_kills": oom_kills() - self.oom_kills_before,
            "duration_ms": round((self.ended - self.started) * 1000),
            "cpu_ms": round((used.ru_utime + used.ru_stime) * 1000),
            "stdout_bytes": self.printed[STDOUT],
            "stderr_bytes": self.printed[STDERR],
        }


def send(kind: int, payload: bytes = b"") -> None:
    data = memoryview(encode(kind, payload))
    while data:
        data = data[os.write(1, data) :]


def oom_kills() -> int:
    """How often the kernel has killed for memory in this container; 0 where it does not say."""
    for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        with contextlib.suppress(OSError), open(path) as file:  # noqa: PTH123
            counters = dict(line.split() for line in file)
            return int(counters.get("oom_kill", 0))
    return 0


def kill_all(program: Program) -> None:
    """SIGKILL every other process until none is left; stopped, daemonised or not."""
    # Anywhere else -1 means every process of the machine.
    assert os.getpid() == 1
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(-1, signal.SIGKILL)
            program.reap()
            time.sleep(0.001)
    program.reap()


def receive_job(frames: Frames) -> dict[str, Any]:
    """Wait for the job. Exits if the host goes away: nobody is left to run for."""
    while data := os.read(0, CHUNK_BYTES):
        for kind, payload in frames.feed(data):
            if kind == JOB:
                job: dict[str, Any] = json.loads(payload)
                return job
    os._exit(0)


def start(job: dict[str, Any]) -> Program:
    """Fork. PID 1 gets the program back; the child does not come back."""
    (stdin, to_stdin), (stdout, to_stdout), (stderr, to_stderr) = os.pipe(), os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        become(job, stdin, to_stdout, to_stderr)
        LEAVE(1)  # whatever the program has done to the way out, it never goes on as PID 1 does
    for fd in (stdin, to_stdout, to_stderr):
        os.close(fd)
    os.set_blocking(to_stdin, False)
    return Program(job, pid, to_stdin, {stdout: STDOUT, stderr: STDERR})


def watch(program: Program, frames: Frames, wakeup: int) -> None:
    """Serve the program until it ends or must be stopped; `program.cause` then says why."""
    program.hear(frames.feed(b""))  # what came together with the job
    while program.wait_status is None and not program.cause:
        left = program.deadline - time.monotonic()
        if left <= 0:
            program.cause = "timeout"
            return
        readable, writable, _ = select.select(
            [0, wakeup, *program.outputs], program.wants_input(), [], left
        )
        if 0 in readable:
            data = os.read(0, CHUNK_BYTES)
            if not data:
                os._exit(0)  # the host is gone; with PID 1 everything in here ends
            program.hear(frames.feed(data))
        if wakeup in readable:
            os.read(wakeup, CHUNK_BYTES)
        for fd in program.outputs.keys() & set(readable):
            program.pass_output(fd)
        if writable:
            program.pass_input()
        program.reap()


def let_it_flush(program: Program) -> None:
    """Give a program that is about to be killed the time to hand over a half-printed line."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(program.pid, FLUSH_SIGNAL)
    time.sleep(FLUSH_GRACE_S)


def drain(program: Program) -> None:
    """Pass on what is left in the pipes. Everybody who could write is dead, so it ends."""
    for fd in list(program.outputs):
        while fd in program.outputs:
            program.pass_output(fd)


def prepare() -> int:
    """Make PID 1 hard to look into and to disturb; the read end that wakes it when a child dies."""
    set_dumpable(False)
    wakeup, wakes = os.pipe()
    os.set_blocking(wakes, False)
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # The kernel drops what has no handler, if it comes from inside the container.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return wakeup


def set_backstop(deadline: float) -> None:
    """Exit a second after the deadline, even out of a write that the host does not take."""

    def give_up(*_: object) -> None:
        if time.monotonic() >= deadline + BACKSTOP_S:  # the program can send SIGALRM too
            os._exit(1)

    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, deadline - time.monotonic() + BACKSTOP_S, 0.1)


def main() -> None:
    if os.getpid() != 1:
        sys.exit("The supervisor only runs as the first process of a container.")
    wakeup = prepare()
    frames = Frames(JOB, STDIN, CANCEL)
    send(READY)
    job = receive_job(frames)
    program = start(job)
    set_backstop(program.deadline)
    watch(program, frames, wakeup)
    if program.cause in {"timeout", "cancelled"}:
        let_it_flush(program)
    kill_all(program)
    drain(program)
    send(END, json.dumps(program.report()).encode())
    os._exit(0)


if __name__ == "__main__":
    main()
