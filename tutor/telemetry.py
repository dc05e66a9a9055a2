"""Spans for OpenTelemetry where its package is installed; nothing where it is not.

The names are those of its conventions for generative AI. A span says what was done, for how long
and how it ended; never what somebody wrote.
"""

from __future__ import annotations

import re
import traceback
from contextvars import ContextVar
from pathlib import Path
from typing import Self

try:
    from opentelemetry import trace
except ImportError:
    trace = None  # type: ignore[assignment]  # every use asks first

Value = str | int

# Names and codes come from servers, which may quote in them what somebody wrote.
_PLAIN = re.compile(r"[\w.:-]{1,64}", re.ASCII)


def plain(name: str) -> str:
    """A name or a code as it may stand in a log or a span: `other` if it may be anything else."""
    return name if not name or _PLAIN.fullmatch(name) else "other"


def fault(error: BaseException) -> dict[str, str]:
    """An error of ours as it may stand in a log: its type and where it arose, not its text."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "place": place}


class Span:
    """Something that takes time; it begins with the object and ends once.

    It belongs to the span that was entered last in this task, or in the one that began it.
    """

    def __init__(self, name: str, attributes: dict[str, Value]) -> None:
        # None where there is no OpenTelemetry.
        self._span: trace.Span | None = None
        if trace:
            above = _entered.get()
            context = trace.set_span_in_context(above._span) if above and above._span else None
            self._span = trace.get_tracer("tutor").start_span(name, context, attributes=attributes)

    def enter(self) -> Self:
        """Let what begins from here on belong to this span."""
        _entered.set(self)
        return self

    def end(self, error: str = "", attributes: dict[str, Value] | None = None) -> None:
        """Close it; `error` is a code, empty if all went well."""
        if _entered.get() is self:
            _entered.set(None)
        if not self._span:
            return
        self._span.set_attributes(attributes or {})
        if error:
            self._span.set_attribute("error.type", error)
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()


_entered: ContextVar[Span | None] = ContextVar("entered", default=None)
