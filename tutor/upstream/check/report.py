"""What was found out about a server: findings, their text, their JSON, an exit code. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any

from tutor.protocol.events import Usage


class Verdict(Enum):
    """Of one ability of a server's."""

    YES = "ok"
    NO = "no"  # the tutor gets by without
    FAILED = "FAILED"  # the tutor needs it
    UNKNOWN = "?"  # it could not be tried, or was not seen


class ExitCode(IntEnum):
    """Of the command; those above 1 as in BSD's sysexits.h."""

    OK = 0
    INCOMPLETE = 1  # something that the tutor needs does not work
    UNREACHABLE = 69
    KEY_REFUSED = 77
    MISCONFIGURED = 78  # the address is none, or the server has no such endpoint or model


@dataclass(frozen=True)
class Finding:
    """One ability, and what was seen of it."""

    name: str
    verdict: Verdict
    seen: str
    seconds: float | None = None


@dataclass(frozen=True)
class Report:
    """All findings about one server. `first_word_s`: from the first question to its answer's first
    word; None if there was none. `cost` is empty where no prices are known.
    """

    model: str
    base_url: str
    findings: tuple[Finding, ...]
    # Why nothing more could be found out; OK if it could.
    stopped: ExitCode = ExitCode.OK
    requests: int = 0
    usage: Usage = field(default_factory=Usage)
    first_word_s: float | None = None
    cost: str = ""

    @property
    def failed(self) -> list[str]:
        """The names of what the tutor needs and does not work."""
        return [each.name for each in self.findings if each.verdict is Verdict.FAILED]

    @property
    def exit_code(self) -> ExitCode:
        if self.stopped is not ExitCode.OK:
            return self.stopped
        return ExitCode.INCOMPLETE if self.failed else ExitCode.OK

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "base_url": self.base_url,
            "ok": self.exit_code is ExitCode.OK,
            "exit_code": int(self.exit_code),
            "findings": [
                {"name": f.name, "verdict": f.verdict.name.lower(), "seen": f.seen,
                 "seconds": f.seconds}
                for f in self.findings
            ],
            "first_word_s": self.first_word_s,
            "requests": self.requests,
            "tokens": {
                "input": self.usage.input,
                "cached": self.usage.cached,
                "output": self.usage.output,
            },
            "cost": self.cost or None,
        }  # fmt: skip

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        yield f"{self.model} at {self.base_url}"
        width = max((len(each.name) for each in self.findings), default=0)
        for each in self.findings:
            took = "" if each.seconds is None else f" ({each.seconds:.2f} s)"
            yield f"  {each.name:{width}}  {each.verdict.value:6}  {each.seen}{took}"
        yield self._price()
        yield self._conclusion()

    def _price(self) -> str:
        tokens = (
            f"{self.usage.input} tokens in ({self.usage.cached} cached), {self.usage.output} out"
        )
        first = "" if self.first_word_s is None else f"First word after {self.first_word_s:.2f} s. "
        cost = f"it cost {self.cost}" if self.cost else "no prices are known"
        return f"{first}{self.requests} requests, {tokens}; {cost}."

    def _conclusion(self) -> str:
        if self.exit_code is ExitCode.OK:
            return "All that the tutor needs works."
        why = {
            ExitCode.UNREACHABLE: "No server answers there: OPENAI_BASE_URL, the network, a proxy?",
            ExitCode.KEY_REFUSED: "The key is refused: OPENAI_API_KEY.",
            ExitCode.MISCONFIGURED: "No such address, endpoint or model: OPENAI_BASE_URL (it ends "
            "in /v1, mostly), OPENAI_MODEL.",
        }
        failed = f"Does not work, and the tutor needs it: {', '.join(self.failed)}."
        return why.get(self.exit_code, failed)
