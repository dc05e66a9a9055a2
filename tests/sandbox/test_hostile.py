"""Hostile programs against each limit, in real containers, and what their student sees.

The `sandbox` fixture asserts after them that no container is left and that the next run is fine.
"""

import re

import pytest

from sandbox.job import Limits, Status

from .conftest import SHORT, Sandbox

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
    result = sandbox.run("print('before')\n" + code, limits=SHORT)
    assert result.status is Status.TIMEOUT
    assert result.exit_code is None
    assert LOOP_HINT in result.message
    assert result.stdout == "before\n"
    assert 800 <= result.duration_ms < 5000


def test_everything_printed_before_a_loop_is_kept_even_half_a_line(sandbox: Sandbox) -> None:
    code = "for i in range(500): print(i)\nprint('half', end='')\nwhile True: pass"
    result = sandbox.run(code, limits=SHORT)
    assert result.status is Status.TIMEOUT
    assert result.stdout == "".join(f"{i}\n" for i in range(500)) + "half"


def test_a_program_that_sleeps_forever_is_told_that_it_was_waiting(sandbox: Sandbox) -> None:
    result = sandbox.run("import time; time.sleep(1e9)", limits=SHORT)
    assert result.status is Status.TIMEOUT
    assert "it was waiting" in result.message


def test_a_program_that_stops_its_own_group_meets_the_time_limit(sandbox: Sandbox) -> None:
    code = "import os, signal\nprint('x')\nos.killpg(0, signal.SIGSTOP)"
    result = sandbox.run(code, limits=SHORT)
    assert result.status is Status.TIMEOUT
    assert result.stdout == "x\n"


def test_a_loop_in_atexit_keeps_the_output(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import atexit\n"
        "def forever():\n    while True: pass\n"
        "atexit.register(forever)\nprint('done')",
        limits=SHORT,
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
    assert result.duration_ms < 10_000


def test_the_cpu_limit_ends_a_program_before_the_clock_does(sandbox: Sandbox) -> None:
    result = sandbox.run("print('x', end='')\nwhile True: pass", limits=Limits(wall_s=8, cpu_s=1))
    assert result.status is Status.TIMEOUT
    assert "after 1 s" in result.message
    assert result.stdout == "x"
    assert result.duration_ms < 5000


# Processes --------------------------------------------------------------------------------------


def test_a_fork_bomb_meets_the_time_limit(sandbox: Sandbox) -> None:
    code = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    result = sandbox.run(code, limits=SHORT)
    assert result.status is Status.TIMEOUT
    assert "waiting" not in result.message


def test_busy_processes_of_a_program_that_waits_for_them_count_as_its_work(
    sandbox: Sandbox,
) -> None:
    code = (
        "import os\nfor i in range(3):\n    if os.fork() == 0:\n        while True: pass\nos.wait()"
    )
    result = sandbox.run(code, limits=SHORT)
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
    result = sandbox.run(STARVE, limits=Limits(wall_s=1.5, cpu_s=5))
    assert result.stdout == (
        "priority 1\npriority of the group 1\npriority of the user 1\n"
        "scheduler 1\nparameters 1\nprocessors 1\n"
    )
    assert result.status is Status.TIMEOUT
    assert LOOP_HINT in result.message
    assert result.duration_ms < 6000


def test_a_program_may_lower_its_own_priority_and_choose_its_processors(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import os\nbefore = os.nice(0)\nprint(os.nice(2) - before)\n"
        "os.setpriority(os.PRIO_PROCESS, 0, 19)\n"
        "os.sched_setaffinity(0, os.sched_getaffinity(0))"
    )
    assert (result.status, result.stdout, result.stderr) == (Status.OK, "2\n", "")


# Memory and disk --------------------------------------------------------------------------------


def test_ten_gigabytes_meet_the_memory_limit_at_once(sandbox: Sandbox) -> None:
    result = sandbox.run("print('before')\nbytearray(10 ** 10)")
    assert result.status is Status.MEMORY
    assert "256 MB" in result.message
    assert result.stdout == "before\n"
    assert result.duration_ms < 5000


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
    # Of errors the end is kept too, with a line between that says how much is missing.
    [*_, between] = re.findall(r"\n… [\d,]+ bytes are left out …\n", kept) or [""]
    assert bool(between) == (stream == "stderr")
    assert len(kept) - len(between) == 64 * 1024
    said = "cut after the first 64 KiB" if stream == "stdout" else "beginning and the end are kept"
    assert said in result.message


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
