"""One line per request, with sizes and outcomes; never what was said."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from tutor.emulator.errors import Frame


@dataclass
class Exchange:
    """One request and how it ended. `outcome` is empty while the response runs."""

    time: float
    connection: int
    type: str
    bytes: int
    store: bool | None
    generate: bool | None
    previous_response_id: str | None
    input_items: int
    model: str | None
    stream_id: str | None
    response_id: str | None = None
    # completed, failed, incomplete, closed (by a fault), abandoned (the socket ended) or an
    # error code.
    outcome: str = ""
    # The whole request, for tests in the same process; never written anywhere.
    frame: Frame = field(default_factory=dict, repr=False)

    def line(self) -> str:
        """The log line: one JSON object."""
        facts = {name: value for name, value in vars(self).items() if name != "frame"}
        facts["time"] = datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds")
        return json.dumps(facts)


def exchange(
    frame: Frame | None, size: int, connection: int, now: float, kind: str = ""
) -> Exchange:
    """The facts of a message as it arrived; `frame` is None where it is not a JSON object.

    `kind` is what the log calls it, by default its type.
    """
    known = frame or {}
    is_create = known.get("type") == "response.create"
    return Exchange(
        time=now,
        connection=connection,
        type=kind or _short(known.get("type")) or "malformed",
        bytes=size,
        # Left out, both are true: the service's defaults.
        store=known.get("store") is not False if is_create else None,
        generate=known.get("generate") is not False if is_create else None,
        previous_response_id=_short(known.get("previous_response_id")),
        input_items=_count(known.get("input")),
        model=_short(known.get("model")),
        stream_id=_short(known.get("stream_id")),
        frame=known,
    )


class RequestLog:
    """Writes a line to `file` for each request once it has an outcome; with `record`, keeps all."""

    def __init__(self, file: IO[str] | None, *, record: bool) -> None:
        self._file = file
        self._record = record
        # All requests in the order they came; stays empty without `record`.
        self.entries: list[Exchange] = []

    def record(self, entry: Exchange) -> None:
        if self._record:
            self.entries.append(entry)
        else:
            entry.frame = {}

    def close(self, entry: Exchange, outcome: str) -> None:
        """Write down how a request ended; the first outcome counts."""
        if entry.outcome:
            return
        entry.outcome = outcome
        if self._file:
            # At once, for whoever follows the file.
            self._file.write(entry.line() + "\n")
            self._file.flush()


def _count(value: Any) -> int:
    if isinstance(value, list):
        return len(value)
    return int(isinstance(value, str))


def _short(value: Any) -> str | None:
    # A name, not content: what is longer than any name is cut.
    return value[:100] if isinstance(value, str) else None
