"""The containers of the sandbox: what all of them are, and the few parts in which they differ.

`ContainerSpec.body()` is the only description of a container that the engine is ever given: the
sandbox sends it, and the gate before the engine accepts and sends nothing else. No Django, no
engine.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from .inside.wire import ENVIRONMENT
from .job import MIB, MOST_MEMORY_BYTES, MOST_PROCESSES
from .uid import UIDS

# On every container of ours, with this value.
APP_LABEL, APP_VALUE = "tutor.sandbox", "run"
OWNER_LABEL = "tutor.sandbox.owner"
# Seconds since the epoch after which a container has no right to exist any more.
DEADLINE_LABEL = "tutor.sandbox.deadline"

CAPS = ["ALL"]
SCRATCH = "rw,nosuid,nodev,size=16m,nr_inodes=2000,mode=1777"
SECCOMP = Path(__file__).with_name("image") / "seccomp.json"
# A closed connection is forgotten at once: its ports, which a case chooses, would be there for the
# next one. What the loopback counts stays.
SYSCTLS = {"net.ipv4.tcp_max_tw_buckets": "0"}
# What the kernel tells of the whole machine, or keeps of who has looked where: a case could leave
# something there for another one, or for a later run. The first two lines are the engine's own.
MASKED = [
    "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/firmware",
    "/proc/buddyinfo", "/proc/bus", "/proc/diskstats", "/proc/fs", "/proc/interrupts", "/proc/irq",
    "/proc/key-users", "/proc/locks", "/proc/pagetypeinfo", "/proc/pressure", "/proc/schedstat",
    "/proc/slabinfo", "/proc/softirqs", "/proc/swaps", "/proc/sys", "/proc/vmallocinfo",
    "/proc/vmstat", "/proc/zoneinfo", "/sys/block", "/sys/bus", "/sys/class", "/sys/dev",
    "/sys/devices/system/node", "/sys/kernel", "/sys/module",
]  # fmt: skip
READ_ONLY = ["/proc/sysrq-trigger"]
FILE_BYTES = 16 * MIB
OPEN_FILES = 256

NAME = re.compile(re.escape(APP_LABEL) + r"-[0-9a-f]{32}")
# A process as owner.py names it, or whatever a test calls itself.
OWNER = re.compile(r"[A-Za-z0-9_.-]{1,160}")
IMAGE = re.compile(r"[A-Za-z0-9_.:/@-]{1,255}")
# No leading zero: a number has one text only, so that what is read is what is written again.
_NUMBER = re.compile(r"0|[1-9][0-9]{0,11}")
_USER = re.compile(r"([1-9][0-9]{0,8}):\1")


class SpecError(ValueError):
    """No container of ours. Its text says what is wrong with it, as a noun."""


@dataclass(frozen=True)
class ContainerSpec:
    """The parts in which one container of ours differs from another. One that exists is within
    its bounds; raises SpecError otherwise."""

    name: str
    image: str
    uid: int
    memory_bytes: int
    processes: int
    owner: str
    # Seconds since the epoch.
    deadline: int

    def __post_init__(self) -> None:
        held = {
            "name": _is(NAME, self.name),
            "image": _is(IMAGE, self.image),
            "user": type(self.uid) is int and self.uid in UIDS,
            "memory": _is_up_to(MOST_MEMORY_BYTES, self.memory_bytes),
            "processes": _is_up_to(MOST_PROCESSES, self.processes),
            "owner": _is(OWNER, self.owner),
            "deadline": type(self.deadline) is int and 0 <= self.deadline < 10**12,
        }
        if wrong := next((part for part, ok in held.items() if not ok), ""):
            raise SpecError(f"a container with another {wrong}")

    def body(self) -> dict[str, Any]:
        """The engine's own description of it. What is not needed is taken away."""
        return {
            "Image": self.image,
            "User": f"{self.uid}:{self.uid}",
            "Hostname": "sandbox",
            "Env": [f"{name}={value}" for name, value in ENVIRONMENT.items()],
            "Cmd": [],  # the image's entry point is all that is started
            "AttachStdin": True,
            "AttachStdout": True,
            "AttachStderr": True,
            # Open once: when the host's end closes, the supervisor reads the end of file and exits.
            "OpenStdin": True,
            "StdinOnce": True,
            "Labels": {
                APP_LABEL: APP_VALUE,
                OWNER_LABEL: self.owner,
                DEADLINE_LABEL: str(self.deadline),
            },
            "HostConfig": self._host(),
        }

    def _host(self) -> dict[str, Any]:
        return {
            "NetworkMode": "none",
            "CapDrop": CAPS,
            "SecurityOpt": ["no-new-privileges", f"seccomp={SECCOMP.read_text()}"],
            "ReadonlyRootfs": True,
            "Tmpfs": {"/tmp": SCRATCH},  # noqa: S108  # the container's, not ours
            "IpcMode": "private",
            "MaskedPaths": MASKED,
            "ReadonlyPaths": READ_ONLY,
            "Sysctls": SYSCTLS,
            "ShmSize": 16 * MIB,
            "Memory": self.memory_bytes,
            "MemorySwap": self.memory_bytes,
            "PidsLimit": self.processes,
            "NanoCpus": 1_000_000_000,
            "Ulimits": [
                {"Name": "nofile", "Soft": OPEN_FILES, "Hard": OPEN_FILES},
                {"Name": "fsize", "Soft": FILE_BYTES, "Hard": FILE_BYTES},
                {"Name": "core", "Soft": 0, "Hard": 0},
                {"Name": "msgqueue", "Soft": 0, "Hard": 0},
            ],
            # 3 s of flood would be 270 MB on the host's disk.
            "LogConfig": {"Type": "none", "Config": {}},
            "AutoRemove": True,
        }


def parse(name: str, body: bytes) -> ContainerSpec:
    """The container of ours that `body` describes. Raises SpecError unless it is, value for value,
    what `ContainerSpec.body()` says of it."""
    made = strict_json(body)
    try:
        host, labels = made["HostConfig"], made["Labels"]
        spec = ContainerSpec(
            name=name,
            image=made["Image"],
            uid=int(_text(_USER, made["User"], "user").partition(":")[0]),
            memory_bytes=host["Memory"],
            processes=host["PidsLimit"],
            owner=labels[OWNER_LABEL],
            deadline=int(_text(_NUMBER, labels[DEADLINE_LABEL], "deadline")),
        )
    except (KeyError, TypeError, AttributeError):
        raise SpecError("a container that cannot be understood") from None
    if other := _difference(spec.body(), made):
        raise SpecError(f"a container with another {'.'.join(other)}")
    return spec


def strict_json(data: bytes | str) -> Any:
    """What every reader of JSON takes it for. Raises SpecError where readers differ: keys that
    come twice, other encodings, NaN; and for fractions, which nothing of ours has."""
    try:
        text = data if isinstance(data, str) else data.decode()
        return json.loads(text, object_pairs_hook=_once, parse_constant=_never, parse_float=_never)
    except (ValueError, RecursionError):
        raise SpecError("no plain JSON") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a key that comes twice")
    return found


def _never(text: str) -> NoReturn:
    raise ValueError(text)


def _difference(ours: Any, theirs: Any) -> tuple[str, ...]:
    """The way to the first part that is not the same in both; empty if there is none. Python takes
    1, 1.0 and true for equal; their texts are not."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            if key not in ours or key not in theirs:
                return (ascii(key[:40])[1:-1],)
            if inner := _difference(ours[key], theirs[key]):
                return (key, *inner) if inner != ("",) else (key,)
        return ()
    try:
        same = json.dumps(ours, sort_keys=True) == json.dumps(theirs, sort_keys=True)
    except RecursionError:
        same = False
    return () if same else ("",)


def _is(pattern: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None


def _is_up_to(most: int, number: object) -> bool:
    return type(number) is int and 0 < number <= most


def _text(pattern: re.Pattern[str], text: object, part: str) -> str:
    if isinstance(text, str) and pattern.fullmatch(text):
        return text
    raise SpecError(f"a container with another {part}")
