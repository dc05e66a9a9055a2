"""The children of bin/serve: started in order, ended in order, never left behind.

Each child leads a session of its own, so that a Ctrl-C at the terminal reaches us alone and we end
them one by one; the kernel ends them when we are killed.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .steps import LOGS, ROOT, StepFailed, shown, tail

# How long a child may take to end when asked to, before it is killed: the web process lets running
# turns finish for 8 s (DRAIN_SECONDS) and says goodbye.
GRACE_S = 15.0
POLL_S = 0.05
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Child:
    """A running child and the log that holds all it prints."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def has_ended(self) -> bool:
        """Whether it is over."""
        return self.process.poll() is not None

    def obituary(self) -> str:
        """For a child that ended by itself: which, how, and its last words."""
        code = self.process.returncode
        how = (
            f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        )
        return f"The {self.name} {how}. The end of {shown(self.log)}:\n{tail(self.log)}"


def _follows_its_parent() -> Callable[[], None] | None:
    """What a new child calls first, so that the kernel sends it SIGTERM when we die. Linux only."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def follow() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            # The parent died before the kernel knew of our wish.
            os._exit(1)

    return follow


def start(name: str, argv: Sequence[str | Path], env: Mapping[str, str]) -> Child:
    """Starts a child; its output goes to var/log/NAME.log, which holds this start only."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            argv,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_follows_its_parent(),  # noqa: PLW1509 (we have one thread only)
        )
    return Child(name, process, log)


def wait_until(ready: Callable[[], bool], child: Child, seconds: float) -> None:
    """Returns once `ready()`; raises StepFailed if the child ends first or the time is over."""
    deadline = time.monotonic() + seconds
    while not ready():
        if child.has_ended():
            raise StepFailed(child.obituary())
        if time.monotonic() > deadline:
            raise StepFailed(
                f"The {child.name} does not answer after {seconds:.0f} s. "
                f"The end of {shown(child.log)}:\n{tail(child.log)}"
            )
        time.sleep(POLL_S)


def end(children: Sequence[Child], hurry: Callable[[], bool]) -> None:
    """Ends the children in this order: SIGTERM, then SIGKILL after GRACE_S or once `hurry()`.

    What a child left in its process group is killed with it.
    """
    for child in children:
        if not child.has_ended():
            child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        while not child.has_ended() and not hurry() and time.monotonic() < deadline:
            time.sleep(POLL_S)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
