"""What PID 1 tells of one test case: from its end, its output and what it has reported itself."""

import signal
from typing import Any

from .cases import read_report
from .wire import STDERR, STDOUT


class Observed:
    """What one case prints."""

    def __init__(self) -> None:
        self._printed = {STDOUT: bytearray(), STDERR: bytearray()}

    def print(self, kind: int, data: bytes) -> None:
        self._printed[kind] += data

    def text(self, kind: int) -> str:
        return self._printed[kind].decode("utf-8", "replace")


def observe(observed: Observed | None, end: dict[str, Any], told: bytes = b"") -> dict[str, Any]:
    """The observation; of a case that was not run where there is nothing."""
    observation = {
        "ended": "not_run",
        "value": None,
        "exception": None,
        "exit_code": None,
        "stdout": "",
        "stderr": "",
        "duration_ms": 0,
    }
    if observed is None:
        return observation
    facts = _how(end, told)
    return observation | facts | {
        "stdout": observed.text(STDOUT),
        "stderr": observed.text(STDERR),
        "duration_ms": end["duration_ms"],
    }  # fmt: skip


def _how(end: dict[str, Any], told: bytes) -> dict[str, Any]:
    if end["cause"]:
        words = {"timeout": "timeout", "output": "output_limit", "cancelled": "not_run"}
        return {"ended": words[end["cause"]]}
    if end["exit_code"] is None:
        return {"ended": _by_signal(end)}
    if not told:
        return {"ended": "exited", "exit_code": end["exit_code"]}
    return read_report(told) or {"ended": "crashed"}


def _by_signal(end: dict[str, Any]) -> str:
    if end["signal"] == signal.SIGKILL and end["oom_kills"]:
        return "memory"
    # The hard limit of the CPU time, a second after the soft one, is a SIGKILL too.
    return "timeout" if end["signal"] == signal.SIGXCPU else "crashed"
