"""Programs that look for a way out of their container, and for what is not theirs."""

import pytest

from sandbox.job import Status

from .conftest import Sandbox

pytestmark = pytest.mark.docker


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
