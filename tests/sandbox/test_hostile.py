"""Hostile programs, in real containers, and what their student sees.

The `sandbox` fixture asserts after each that no container is left and that the next run is fine.
"""

import time

import pytest

from sandbox.job import Limits, Status

from .conftest import Sandbox

pytestmark = pytest.mark.docker

LOOP_HINT = "Is there a loop that never ends?"

NEVER_ENDING = {
    "an empty loop": "while True: pass",
    "a long power": "10 ** (10 ** 9)",
    "a catastrophic regex": "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
    "one that swallows every exception": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    ),
    "one that ignores all signals": (
        "import signal\n"
        "for number in signal.valid_signals():\n"
        "    try: signal.signal(number, signal.SIG_IGN)\n"
        "    except OSError: pass\n"
        "while True: pass"
    ),
}


@pytest.mark.parametrize("code", NEVER_ENDING.values(), ids=NEVER_ENDING)
def test_a_program_that_never_ends_meets_the_time_limit_and_is_told_about_loops(
    sandbox: Sandbox, code: str
) -> None:
    result = sandbox.run("print('before')\n" + code)
    assert result.status is Status.TIMEOUT
    assert result.exit_code is None
    assert LOOP_HINT in result.message
    assert result.stdout == "before\n"
    assert 1500 <= result.duration_ms < 3500


def test_everything_printed_before_a_loop_is_kept_even_half_a_line(sandbox: Sandbox) -> None:
    result = sandbox.run("for i in range(500): print(i)\nprint('half', end='')\nwhile True: pass")
    assert result.status is Status.TIMEOUT
    assert result.stdout == "".join(f"{i}\n" for i in range(500)) + "half"


def test_a_program_that_sleeps_forever_is_told_that_it_was_waiting(sandbox: Sandbox) -> None:
    result = sandbox.run("import time; time.sleep(1e9)")
    assert result.status is Status.TIMEOUT
    assert "it was waiting" in result.message


def test_a_program_that_stops_its_own_group_meets_the_time_limit(sandbox: Sandbox) -> None:
    result = sandbox.run("import os, signal\nprint('x')\nos.killpg(0, signal.SIGSTOP)")
    assert result.status is Status.TIMEOUT
    assert result.stdout == "x\n"


def test_a_loop_in_atexit_keeps_the_output(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import atexit\n"
        "def forever():\n    while True: pass\n"
        "atexit.register(forever)\nprint('done')"
    )
    assert result.status is Status.TIMEOUT
    assert result.stdout == "done\n"


def test_a_daemonised_grandchild_that_holds_stdout_does_not_hold_up_the_end(
    sandbox: Sandbox,
) -> None:
    result = sandbox.run(
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0: time.sleep(60)\n"
        "    os._exit(0)\n"
        "os.wait()\nprint('main ends')"
    )
    assert result.status is Status.OK
    assert result.stdout == "main ends\n"
    assert result.duration_ms < 1000


def test_the_cpu_limit_ends_a_program_before_the_clock_does(sandbox: Sandbox) -> None:
    result = sandbox.run("print('x', end='')\nwhile True: pass", limits=Limits(wall_s=8, cpu_s=1))
    assert result.status is Status.TIMEOUT
    assert "after 1 s" in result.message
    assert result.stdout == "x"
    assert result.duration_ms < 5000


# Processes --------------------------------------------------------------------------------------


def test_a_fork_bomb_meets_the_time_limit(sandbox: Sandbox) -> None:
    code = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    result = sandbox.run(code)
    assert result.status is Status.TIMEOUT
    assert "waiting" not in result.message


def test_busy_processes_of_a_program_that_waits_for_them_count_as_its_work(
    sandbox: Sandbox,
) -> None:
    result = sandbox.run(
        "import os\nfor i in range(3):\n    if os.fork() == 0:\n        while True: pass\nos.wait()"
    )
    assert result.status is Status.TIMEOUT
    assert LOOP_HINT in result.message


def test_a_program_that_forks_until_it_is_refused_gets_an_exception(sandbox: Sandbox) -> None:
    result = sandbox.run("import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(60)")
    assert result.status is Status.ERROR
    assert "BlockingIOError" in result.stderr


def test_pid_1_and_all_others_survive_a_program_that_kills_them(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import os, signal\n"
        "for number in range(1, 65): os.kill(1, number)\n"
        "try: os.kill(-1, 9)\n"
        "except ProcessLookupError: pass\n"
        "print('still here')"
    )
    assert (result.status, result.stdout) == (Status.OK, "still here\n")


# All that a program could do to keep PID 1 from its turn.
STARVE = """
import os
attempts = {
    'priority': lambda: os.setpriority(os.PRIO_PROCESS, 1, 19),
    'priority of the group': lambda: os.setpriority(os.PRIO_PGRP, 1, 19),
    'priority of the user': lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19),
    'scheduler': lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0)),
    'parameters': lambda: os.sched_setparam(1, os.sched_param(0)),
    'processors': lambda: os.sched_setaffinity(1, {0}),
}
for what, attempt in attempts.items():
    try: attempt()
    except OSError as error: print(what, error.errno)
for i in range(60):
    if os.fork() == 0: break
while True: pass
"""


def test_pid_1_keeps_its_turn_among_many_busy_processes(sandbox: Sandbox) -> None:
    result = sandbox.run(STARVE)
    assert result.stdout == (
        "priority 1\npriority of the group 1\npriority of the user 1\n"
        "scheduler 1\nparameters 1\nprocessors 1\n"
    )
    assert result.status is Status.TIMEOUT
    assert LOOP_HINT in result.message
    assert result.duration_ms < 3000


def test_a_program_may_lower_its_own_priority_and_choose_its_processors(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import os\nbefore = os.nice(0)\nprint(os.nice(2) - before)\n"
        "os.setpriority(os.PRIO_PROCESS, 0, 19)\n"
        "os.sched_setaffinity(0, os.sched_getaffinity(0))"
    )
    assert (result.status, result.stdout, result.stderr) == (Status.OK, "2\n", "")


# Memory and disk --------------------------------------------------------------------------------


def test_ten_gigabytes_meet_the_memory_limit_within_a_second(sandbox: Sandbox) -> None:
    result = sandbox.run("print('before')\nbytearray(10 ** 10)")
    assert result.status is Status.MEMORY
    assert "256 MB" in result.message
    assert result.stdout == "before\n"
    assert result.duration_ms < 1500


def test_a_child_killed_for_memory_is_mentioned_and_main_goes_on(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'bytearray(10 ** 10)'])\nprint('main')"
    )
    assert (result.status, result.stdout) == (Status.OK, "main\n")
    assert "memory ran out" in result.message


# Puts itself before PID 1 in the kernel's choice, and then uses everything up in small pieces.
STARVE_PID_1 = """
import os, time
print('before')
with open('/proc/self/oom_score_adj', 'w') as file: file.write('0')
grow = 'x=0123456789; while [ ${#x} -lt 4500000 ]; do x=$x$x; done; sleep 20'
for i in range(60):
    try:
        if os.fork() == 0: os.execv('/bin/sh', ['sh', '-c', grow])
    except OSError:  # on a busy machine memory may be full before all of them have begun
        break
time.sleep(20)
"""


def test_a_program_that_has_pid_1_killed_for_memory_meets_the_memory_limit(
    sandbox: Sandbox,
) -> None:
    result = sandbox.run(STARVE_PID_1, limits=Limits(wall_s=9))
    assert result.status is Status.MEMORY
    assert "256 MB" in result.message
    assert result.stdout == "before\n"
    assert result.duration_ms > 0


def test_endless_recursion_is_an_error_with_a_short_traceback(sandbox: Sandbox) -> None:
    result = sandbox.run("def f(n):\n    return f(n + 1)\nf(0)")
    assert (result.status, result.exit_code) == (Status.ERROR, 1)
    assert "RecursionError" in result.stderr
    assert "more times]" in result.stderr
    assert len(result.stderr.splitlines()) < 30


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("open('/tmp/big', 'wb').write(bytes(100_000_000))", "No space left on device"),
        (
            "for i in range(9): open(f'/tmp/{i}', 'wb').write(bytes(4_000_000))",
            "No space left on device",
        ),
        ("for i in range(10 ** 6): open(f'/tmp/{i}', 'w').close()", "No space left on device"),
        ("import os; os.truncate(open('/tmp/f', 'w').name, 1 << 50)", "File too large"),
        ("import os; os.write(os.memfd_create('m'), b''); open('/etc/x', 'w')", "Read-only"),
        ("files = [open('/dev/null') for _ in range(10 ** 5)]", "Too many open files"),
    ],
)
def test_what_a_program_may_not_store_is_an_exception(
    sandbox: Sandbox, code: str, error: str
) -> None:
    result = sandbox.run(code)
    assert result.status is Status.ERROR
    assert error in result.stderr


# Output -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_is_stopped_its_beginning_kept_and_the_cut_said(
    sandbox: Sandbox, stream: str
) -> None:
    code = f"import sys\nwhile True: print('spam', file=sys.{stream})"
    result = sandbox.run(code, limits=Limits(wall_s=9))  # a megabyte in small pieces takes a while
    assert result.status is Status.OUTPUT_LIMIT
    kept = getattr(result, stream)
    assert kept.startswith("spam\nspam\n")
    assert len(kept) == 64 * 1024
    assert "cut after the first 64 KiB" in result.message


def test_output_somewhat_over_the_limit_is_cut_and_the_program_goes_on(sandbox: Sandbox) -> None:
    result = sandbox.run("print('ä' * 50_000)\nraise SystemExit(3)")
    assert (result.status, result.exit_code) == (Status.ERROR, 3)
    assert result.stdout == "ä" * (32 * 1024)
    assert "cut" in result.message


def test_bytes_that_are_no_text_are_replaced(sandbox: Sandbox) -> None:
    result = sandbox.run("import sys; sys.stdout.buffer.write(bytes(range(256)))")
    assert result.status is Status.OK
    assert "ABC" in result.stdout
    assert "\0" not in result.stdout
    assert "\N{REPLACEMENT CHARACTER}" in result.stdout


def test_a_forged_frame_is_plain_text(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import struct, sys\n"
        'body = b\'{"cause": "", "exit_code": 0}\'\n'
        "sys.stdout.buffer.write(struct.pack('>IB', len(body), 4) + body)\nsys.exit(7)"
    )
    assert (result.status, result.exit_code) == (Status.ERROR, 7)
    assert '"exit_code": 0' in result.stdout


# The way out ------------------------------------------------------------------------------------

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


# Escape and secrets -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["environ", "mem", "maps", "fd/0", "root", "cwd"])
def test_the_supervisor_cannot_be_looked_into(sandbox: Sandbox, name: str) -> None:
    result = sandbox.run(f"import os\nopen('/proc/1/{name}', 'rb').read(1)")
    assert result.status is Status.ERROR
    assert "PermissionError" in result.stderr


@pytest.mark.parametrize(
    "call",
    [
        "socket.create_connection(('169.254.169.254', 80), 1)",
        "socket.create_connection(('172.17.0.1', 80), 1)",
        "socket.getaddrinfo('example.com', 80)",
    ],
)
def test_there_is_no_network_and_the_program_is_told(sandbox: Sandbox, call: str) -> None:
    result = sandbox.run(f"import socket\n{call}")
    assert result.status is Status.ERROR
    assert "Programs run here without a network." in result.stderr


PROBE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def errno_of(number, *arguments):
    ctypes.set_errno(0)
    assert libc.syscall(number, *arguments) == -1, 'it was allowed'
    return ctypes.get_errno()
"""
# Name, number on x86-64, arguments.
FORBIDDEN = [
    ("unshare", 272, "0x10000000"),
    ("mount", 165, "0, 0, 0, 0, 0"),
    ("setns", 308, "0, 0"),
    ("chroot", 161, "b'/tmp'"),
    ("mknod", 133, "b'/tmp/x', 0o60600, 0x100"),
    ("bpf", 321, "0, 0, 0"),
    ("keyctl", 250, "0, 0"),
    ("ptrace", 101, "16, 1, 0, 0"),
    ("process_vm_writev", 311, "1, 0, 0, 0, 0, 0"),
    ("io_uring_setup", 425, "8, 0"),
    ("userfaultfd", 323, "0"),
    ("perf_event_open", 298, "0, 0, -1, -1, 0"),
    ("prlimit64 of PID 1", 302, "1, 0, 0, 0"),
    ("clone in a new user namespace", 56, "0x10000000, 0, 0, 0, 0"),
    ("socket(AF_NETLINK)", 41, "16, 3, 0"),
    ("socket(AF_PACKET)", 41, "17, 3, 0"),
    ("socket(AF_ALG)", 41, "38, 5, 0"),
    ("socket(AF_VSOCK)", 41, "40, 1, 0"),
]


@pytest.mark.skipif("__import__('platform').machine() != 'x86_64'", reason="numbers of x86-64")
def test_system_calls_that_open_doors_are_refused(sandbox: Sandbox) -> None:
    calls = "".join(f"print({n!r}, errno_of({i}, {a}))\n" for n, i, a in FORBIDDEN)
    result = sandbox.run(PROBE + calls)
    assert result.stderr == ""
    assert result.stdout == "".join(f"{name} 1\n" for name, _, _ in FORBIDDEN)


def test_clone3_is_said_not_to_exist_so_that_libc_falls_back(sandbox: Sandbox) -> None:
    assert sandbox.run(PROBE + "print(errno_of(435, 0, 0))").stdout == "38\n"


def test_programs_have_no_rights_and_no_way_to_get_any(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import os\n"
        "status = dict(l.split(':\\t', 1) for l in open('/proc/self/status') if ':\\t' in l)\n"
        "print(os.getuid() != 0, os.getgid() != 0, os.getgroups())\n"
        "print({int(status[k], 16) for k in status if k.startswith('Cap')})\n"
        "print(status['NoNewPrivs'].strip(), status['Seccomp'].strip())\n"
        "try: os.setuid(0)\nexcept OSError as error: print(error.errno)\n"
        "print(os.path.exists('/var/run/docker.sock'), os.access('/etc/shadow', os.R_OK))\n"
        "print(open('/proc/self/oom_score_adj').read(), end='')\n"
    )
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0].startswith("True True")
    assert lines[1:] == ["{0}", "1 2", "1", "False False", "1000"]


def test_the_environment_holds_nothing_of_ours(
    cold: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    result = cold.run(
        "import os\nprint(*sorted(os.environ))\n"
        "given = open('/proc/self/environ').read().split('\\0')\n"
        "print(*sorted({each.partition('=')[0] for each in given if each}))"
    )
    ours = ["HOME", "LANG", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PATH"]
    told, given = result.stdout.splitlines()
    assert told.split() == ours
    # What the container was started with; the engine adds a name.
    assert given.split() == sorted([*ours, "HOSTNAME"])


def test_nothing_outside_its_scratch_space_can_be_written(sandbox: Sandbox) -> None:
    paths = [
        "/etc/x",
        "/opt/sandbox/inside/supervisor.py",
        "/proc/sys/kernel/hostname",
        "/var/lock/x",
    ]
    result = sandbox.run(
        f"for path in {paths}:\n"
        "    try: open(path, 'a')\n"
        "    except OSError as error: print(error.strerror)"
    )
    # Anybody may write to /var/lock, unless the whole system is read-only.
    *refused, var_lock = result.stdout.splitlines()
    assert len(refused) == 3
    assert var_lock == "Read-only file system"


def test_nothing_of_an_earlier_program_is_left_in_tmp(sandbox: Sandbox) -> None:
    sandbox.run("open('/tmp/secret', 'w').write('mine')")
    assert sandbox.run("import os; print(os.listdir('/tmp'))").stdout == "['main.py']\n"


# Crashes ----------------------------------------------------------------------------------------


def test_a_crash_names_its_signal_and_keeps_the_output(sandbox: Sandbox) -> None:
    result = sandbox.run("import ctypes\nprint('before')\nctypes.string_at(0)")
    assert (result.status, result.exit_code) == (Status.CRASHED, None)
    assert "SIGSEGV" in result.message
    assert result.stdout == "before\n"
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
