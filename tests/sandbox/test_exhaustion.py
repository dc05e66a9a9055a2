"""Programs that use up processes, memory or disk, and what their student sees.

The `sandbox` fixture asserts after them that no container is left and that the next run is fine.
"""

from contextlib import closing

import pytest

from sandbox import container
from sandbox.job import Limits, Status
from tests.polling import wait_until

from .conftest import SETTLE_S, Sandbox

pytestmark = pytest.mark.docker


def test_a_thread_bomb_gets_an_exception(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import threading, time\n"
        "while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    )
    assert result.status is Status.ERROR
    assert "can't start new thread" in result.stderr


def test_a_shell_bomb_meets_a_limit(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import subprocess\nprint('before')\n"
        "subprocess.run(['sh', '-c', 'f() { f | f & f; }; f'])\nwhile True: pass",
        limits=Limits(wall_s=1.5),
    )
    assert result.status in (Status.TIMEOUT, Status.OUTPUT_LIMIT)
    assert result.stdout == "before\n"


def test_zombies_are_reaped(sandbox: Sandbox) -> None:
    # More children than may exist at a time, none of them waited for by its parent.
    result = sandbox.run(
        "import os, time\n"
        "for _ in range(150):\n"
        "    if os.fork() == 0:\n"
        "        if os.fork() == 0: os._exit(0)\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
        "print('done')",
        limits=Limits(wall_s=8),
    )
    assert (result.status, result.stdout) == (Status.OK, "done\n")


def test_a_list_that_grows_meets_the_memory_limit_and_keeps_the_output(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "print('before')\nthings = []\nwhile True: things.append('x' * 10_000)",
        limits=Limits(wall_s=8),
    )
    assert (result.status, result.stdout) == (Status.MEMORY, "before\n")
    assert "growing without end" in result.message
    assert result.peak_memory_kb > 250_000


def test_children_that_are_large_together_are_killed_and_main_goes_on(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import os, time\n"
        "for _ in range(20):\n"
        "    if os.fork() == 0:\n"
        "        block = bytearray(40_000_000); time.sleep(1); os._exit(0)\n"
        "for _ in range(20): os.wait()\n"
        "print('main')",
        limits=Limits(wall_s=8),
    )
    assert (result.status, result.stdout) == (Status.OK, "main\n")
    assert "memory ran out" in result.message


def test_limits_that_no_program_shows_are_set(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import resource\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(12))  # message queues"
    )
    assert result.stdout == "(0, 0) (0, 0)\n"
    assert sandbox.pool is not None
    wait_until(sandbox.pool.is_full, SETTLE_S)
    with closing(container.connect()) as engine:
        host = engine.inspect_container(sandbox.pool.names()[0])["HostConfig"]
    # Nothing is written to the host's disk, one core is used at most, nothing stays.
    assert host["LogConfig"]["Type"] == "none"
    assert host["NanoCpus"] == 1_000_000_000
    assert host["AutoRemove"]
    assert host["IpcMode"] == "private"


def test_recursion_without_a_limit_ends_as_a_crash_or_for_memory(sandbox: Sandbox) -> None:
    result = sandbox.run(
        "import sys\nprint('before')\nsys.setrecursionlimit(10 ** 9)\n"
        "class A:\n    def __getattr__(self, name): return getattr(self, name + 'x')\nA().x",
        limits=Limits(wall_s=8),
    )
    assert result.status in (Status.CRASHED, Status.MEMORY)
    assert result.stdout == "before\n"


@pytest.mark.parametrize(
    ("code", "errors"),
    [
        ("open('/dev/shm/x', 'wb').write(bytes(100_000_000))", ("No space", "File too large")),
        (
            "import os\nf = os.memfd_create('n')\nwhile True: assert os.write(f, bytes(1 << 20))",
            ("File too large",),
        ),
        ("import os\nn = 0\nwhile True: os.mkdir(f'/tmp/{n}'); n += 1", ("No space",)),
        ("import os\nwhile True: os.mkdir('d'); os.chdir('d')", ("No space", "too long")),
    ],
    ids=["shared memory", "memfd", "folders", "deep folders"],
)  # fmt: skip
def test_what_it_may_not_store_is_an_exception(
    sandbox: Sandbox, code: str, errors: tuple[str, ...]
) -> None:
    result = sandbox.run(code, limits=Limits(wall_s=5))
    assert result.status is Status.ERROR, result
    assert any(error in result.stderr for error in errors), result.stderr
