"""The set-up as a person sees it: one line per step, the details in var/log."""

import fcntl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"
LOGS = VAR / "log"
TAIL_LINES = 25
# A step that took less did nothing worth timing.
SILENT_S = 0.3
# How long an interrupted child gets to end by itself.
INTERRUPTED_S = 10.0


class StepFailed(Exception):
    """The set-up cannot go on; the text is for the person at the terminal."""


@dataclass
class Outcome:
    """How a step went, in a word or two; the step's body says more when it did something."""

    text: str = "as it was"


@contextmanager
def step(title: str) -> Iterator[Outcome]:
    """One line: the title at once, the outcome and the time it took at the end."""
    print(f"{title + ' ':.<22} ", end="", flush=True)
    began = time.monotonic()
    outcome = Outcome()
    try:
        yield outcome
    except BaseException as error:
        print("interrupted" if isinstance(error, KeyboardInterrupt) else "failed", flush=True)
        raise
    took = time.monotonic() - began
    print(outcome.text + (f", {took:.1f} s" if took > SILENT_S else ""), flush=True)


def run(
    argv: Sequence[str | Path],
    log: str,
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> str:
    """What the program printed to stdout, once it has ended well.

    All it prints is added to var/log/LOG.log. Raises StepFailed with the log's end if it cannot be
    started or exits with anything but 0. An interrupt ends the program too.
    """
    name = " ".join([Path(argv[0]).name, *map(str, argv[1:])])
    path = LOGS / f"{log}.log"
    LOGS.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(f"\n$ {name}\n".encode())
        file.flush()
        try:
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,
            )
        except OSError as error:
            raise StepFailed(f"{argv[0]} cannot be started: {error.strerror}.") from None
        try:
            printed = process.communicate()[0]
        except BaseException:
            _end(process)
            raise
        file.write(printed)
    if process.returncode:
        raise StepFailed(
            f"`{name}` ended with exit code {process.returncode}. The end of {shown(path)}:\n"
            + tail(path)
        )
    return printed.decode(errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(INTERRUPTED_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(path: Path) -> str:
    """The last lines of a log, indented; empty if there is none."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(f"  | {line}" for line in lines[-TAIL_LINES:])


def shown(path: Path) -> str:
    """The path as a person in the checkout would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


@contextmanager
def only_one(name: str, *, otherwise: str | None = None) -> Iterator[Path]:
    """Holds the lock var/NAME.lock; yields its file, where the holder may leave a word.

    If somebody else holds it: waits, or raises StepFailed with `otherwise` and that word.
    """
    VAR.mkdir(exist_ok=True)
    path = VAR / f"{name}.lock"
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if otherwise is not None:
                raise StepFailed(f"{otherwise} {path.read_text()}".strip()) from None
            print("Another set-up runs in this checkout; waiting for it.", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        path.write_text("")
        yield path


def fail(error: StepFailed) -> int:
    """Tells the person; the exit code."""
    sys.stdout.flush()
    print(f"\n{error}", file=sys.stderr, flush=True)
    return 1
