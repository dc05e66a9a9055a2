"""The child: an interpreter that waits, becomes the student's program and ends as it ends."""

import atexit
import contextlib
import ctypes
import gc
import importlib.machinery
import io
import json
import linecache
import os
import resource
import signal
import struct
import sys
import types
from collections.abc import Callable
from typing import Any, NoReturn

from .figures import save_open
from .hints import hint
from .wire import ENVIRONMENT, PROGRAM_DIR, PROGRAM_NAME, PROGRAM_PATH

PR_SET_DUMPABLE = 4
PRCTL = ctypes.CDLL(None).prctl
# Asks the program to flush what it has printed, before it is killed.
FLUSH_SIGNAL = signal.SIGRTMAX
# What the end of the child rests on, kept apart: a program may replace them wherever it can.
SYSTEM_EXIT, BASE_EXCEPTION, EXCEPTHOOK = SystemExit, BaseException, sys.excepthook
AT_EXIT, COLLECT, OBJECTS, LEAVE = atexit._run_exitfuncs, gc.collect, gc.get_objects, os._exit
TYPE, BUFFERED = type, (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)
# Where our own sources stand, whose frames no student shall see.
HERE = os.path.dirname(__file__) + os.sep
PACKAGE = __name__.partition(".")[0]
# How long a job is, before it.
JOB_BYTES = struct.Struct(">I")
# How the names of files end that are modules.
SUFFIXES = tuple(importlib.machinery.all_suffixes())


def run_command(name: str, command: list[str]) -> NoReturn:
    """Become `command` with the program, which is in another language, as its last word."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    try:
        os.execvp(command[0], [*command, name])
    except OSError as error:
        print_aside(f"{command[0]} cannot be started: {error.strerror}")
        LEAVE(1)
        raise


class ProgramEnd:
    """How a program ended: its exit code, and the exception if one has ended it."""

    def __init__(self, code: int | None, error: BaseException | None = None) -> None:
        self.code = code
        self.error = error


# What came of reading a program.
Compiled = types.CodeType | ProgramEnd
# Runs a program as a test case: what to evaluate beside it, where to report.
RunCase = Callable[[Compiled, str | None, int], None]


def run_job(orders: int, report: int, streams: tuple[int, int, int], run_case: RunCase) -> NoReturn:
    """Wait for the job at `orders`, run it and end as it ends. A test case tells `report` too.

    PID 1 has written the job, as `encode_job` does. What may come after it is a case, from the
    host; none of it is read with the job.
    """
    settle(*streams, keep=(orders, report))
    if not (data := receive_job(orders)):
        os._exit(0)  # there will be none
    job = json.loads(data)
    prepare(job)
    if job["command"]:
        run_command(job["program"], job["command"])
    if any(map(is_warm, job["files"])):
        run_cold(data, orders, report)
    run_python(job, orders, report, run_case)


def run_python(job: dict[str, Any], orders: int, report: int, run_case: RunCase) -> NoReturn:
    """Run a job in Python, in this interpreter."""
    # The program of a series comes with its case; any other can be read before there is one.
    program = None if job["series"] else compile_program(job["code"])
    with open(orders, "rb") as file:
        case = json.loads(file.read() or "null")
    if program is None:
        if case is None:
            LEAVE(0)  # there will be none
        write_program(job["program"], case["code"])
        program = compile_program(case["code"])
    if case:
        run_case(program, case["call"], report)
    os.close(report)
    leave(run_program(program).code)


def encode_job(job: dict[str, Any]) -> bytes:
    data = json.dumps(job).encode()
    return JOB_BYTES.pack(len(data)) + data


def receive_job(orders: int) -> bytes:
    """The job as JSON, and not a byte of what follows; empty if there is none."""
    left = JOB_BYTES.unpack(head)[0] if (head := os.read(orders, JOB_BYTES.size)) else 0
    data = bytearray()
    while left > len(data):
        data += os.read(orders, left - len(data))
    return bytes(data)


def prepare(job: dict[str, Any]) -> None:
    """Do what can be done before there is a case."""
    for name, text in job["files"].items():
        with open(f"{PROGRAM_DIR}/{name}", "w", encoding="utf-8", newline="") as file:
            file.write(text)
    resource.setrlimit(resource.RLIMIT_CPU, (job["cpu_s"], job["cpu_s"] + 1))
    if not job["series"]:
        write_program(job["program"], job["code"])


def write_program(name: str, code: str) -> None:
    with open(f"{PROGRAM_DIR}/{name}", "wb") as file:
        file.write(code.encode())


def is_warm(name: str) -> bool:
    """Whether a file of that name is a module in whose place another one is loaded already."""
    return any(name.removesuffix(each) in sys.modules for each in SUFFIXES if name.endswith(each))


def run_cold(job: bytes, orders: int, report: int) -> NoReturn:
    """Run the job in an interpreter in which nothing is loaded: what is loaded here, the modules of
    libraries included, has never met the program's own modules."""
    given = os.memfd_create("job", 0)
    with open(given, "wb", closefd=False) as file:
        file.write(job)
    for fd in (orders, report):
        os.set_inheritable(fd, True)
    start = os.path.join(os.path.dirname(os.path.dirname(HERE)), "__main__.py")
    command = [sys.executable, "-I", "-X", "utf8", start, *map(str, (given, orders, report))]
    os.execv(command[0], command)


def settle(stdin: int, stdout: int, stderr: int, *, keep: tuple[int, int]) -> None:
    """Do all that can be done before there is a job; of other files only `keep` stays open."""
    os.setsid()
    for target, source in enumerate((stdin, stdout, stderr)):
        os.dup2(source, target)
    low, high = sorted(keep)
    os.closerange(3, low)
    os.closerange(low + 1, high)
    os.closerange(high + 1, os.sysconf("SC_OPEN_MAX"))
    set_dumpable(True)
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()  # as Python's own does after a fork: no two cases draw the same numbers
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        # The kernel takes the program before PID 1, unless the program sets itself back to 0.
        file.write("1000")
    restore_signals()


def hide_supervisor() -> None:
    """Make the interpreter look as if nothing of ours was in it; in PID 1, for all children.

    Our modules are out of the way then: a student's file may have the same name.
    """
    os.environ.clear()
    os.environ.update(ENVIRONMENT)
    os.chdir(PROGRAM_DIR)
    for stream, errors in ((sys.stdout, "strict"), (sys.stderr, "backslashreplace")):
        assert hasattr(stream, "reconfigure")
        stream.reconfigure(encoding="utf-8", errors=errors, line_buffering=True)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
    sys.path[:] = [path for path in sys.path if not HERE.startswith(path + os.sep)]
    sys.path.insert(0, PROGRAM_DIR)
    sys.path_importer_cache.clear()
    sys.argv[:] = [PROGRAM_NAME]


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


def compile_program(text: str) -> Compiled:
    """The program, which is in tracebacks from now on; or why it is none.

    Text is compiled and not its bytes: those a comment on their coding could make another program
    than the one that its student sees and that a course's rules have read.
    """
    text = text.removeprefix("\ufeff")
    # Lines as the compiler counts them: no other character than these ends one.
    lines = io.StringIO(text, newline=None).readlines()
    linecache.cache[PROGRAM_NAME] = (len(text), None, lines, PROGRAM_PATH)
    try:
        return compile(text, PROGRAM_NAME, "exec", dont_inherit=True)
    except MemoryError as error:
        error.add_note("The program nests an expression so deeply that Python cannot read it.")
        return ProgramEnd(show(error), error)
    except BASE_EXCEPTION as error:
        return ProgramEnd(show(error), error)


def run_program(program: Compiled) -> ProgramEnd:
    """Run it as `python main.py` would.

    Tracebacks show its lines and none of ours. What it has defined is gone when this returns, as
    far as nobody else holds it.
    """
    main = types.ModuleType("__main__")
    main.__file__ = PROGRAM_PATH
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    return program if isinstance(program, ProgramEnd) else execute(program, main.__dict__)


def execute(program: types.CodeType, names: dict[str, Any]) -> ProgramEnd:
    try:
        exec(program, names)
    except SYSTEM_EXIT as end:
        return ProgramEnd(exit_code(end))
    except BASE_EXCEPTION as error:
        hint(error)
        return ProgramEnd(show(error), error)
    return ProgramEnd(0)


def exit_code(end: SystemExit) -> int:
    """The exit code that `end` asks for; a text is printed and means failure."""
    match end.code:
        case None:
            return 0
        case int():
            return end.code & 0xFF if -(2**63) <= end.code < 2**63 else 0xFF
    flush()
    print_aside(end.code)
    return 1


def leave(code: int | None) -> NoReturn:
    """End with `code`, in the order of the interpreter's own end and without its last step.

    To take down every module would cost more than all the rest, and nobody would notice.
    """
    threads = getattr(sys.modules.get("threading"), "_shutdown", None)
    for last in (threads, save_open, AT_EXIT):
        if last:
            with contextlib.suppress(BASE_EXCEPTION):
                last()
    flush()
    own = [name for name in list(sys.modules) if is_students(sys.modules.get(name))]
    write_out()
    for name in ["__main__", *own]:
        sys.modules.pop(name, None)
    COLLECT()  # what has a __del__ is told
    LEAVE((code or 0) if flush() else 120)
    raise SYSTEM_EXIT(code)


def write_out() -> None:
    """Flush what the program has never closed: the collector may close a file before its buffer."""
    for each in OBJECTS():
        if TYPE(each) in BUFFERED:
            with contextlib.suppress(BASE_EXCEPTION):
                each.flush()


def is_students(module: object) -> bool:
    """Whether it was loaded from a file of the program's own."""
    with contextlib.suppress(BASE_EXCEPTION):
        return str(getattr(module, "__file__", "")).startswith(PROGRAM_DIR)
    return False


def flush() -> bool:
    """Write out what is still in the streams; False, and said so, if that is not possible."""
    written = True
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            if stream and not stream.closed:
                stream.flush()
        except BASE_EXCEPTION as error:
            written = False
            print_aside(f"Exception ignored in: {stream!r}\n{type(error).__name__}: {error}")
    return written


def show(error: BaseException) -> int:
    """Print the traceback without our frames, through the program's own hook; the exit code."""
    try:
        sys.excepthook(type(error), cut(error), error.__traceback__)
    except SYSTEM_EXIT as end:
        return exit_code(end)
    except BASE_EXCEPTION as failure:
        failure.__context__ = None
        print_aside("Error in sys.excepthook:")
        EXCEPTHOOK(type(failure), cut(failure), failure.__traceback__)
        print_aside("\nOriginal exception was:")
        EXCEPTHOOK(type(error), error, error.__traceback__)
    return 1


def cut(error: BaseException) -> BaseException:
    """`error` without the supervisor's frames at the top of its traceback."""
    traceback = error.__traceback__
    while traceback and traceback.tb_frame.f_code.co_filename.startswith(HERE):
        traceback = traceback.tb_next
    return error.with_traceback(traceback)


def print_aside(text: object) -> None:
    with contextlib.suppress(BASE_EXCEPTION):
        sys.stderr.write(f"{text}\n")


def set_dumpable(value: bool) -> None:
    """Whether processes of the same user may look into this one (/proc, ptrace)."""
    PRCTL(PR_SET_DUMPABLE, int(value), 0, 0, 0)
