"""How long a response took, and how it was asked for: what its row says beside its tokens."""

import asyncio
from dataclasses import replace

from tutor.protocol.calls import Payload
from tutor.protocol.events import ResponseKind, Usage


class Measure:
    """The clock of one response, which starts when its request is sent."""

    def __init__(self, *, over_http: bool = False) -> None:
        self._over_http = over_http
        self._started = asyncio.get_running_loop().time()
        # How long the first piece of its text took; None before there is one.
        self._first_word_ms: int | None = None

    def note_word(self) -> None:
        """A piece of the text has come."""
        if self._first_word_ms is None:
            self._first_word_ms = self._ms()

    def usage(self, told: Usage, fields: Payload, kind: ResponseKind, cut_short: str = "") -> Usage:
        """What the server told of the cost, and what we know: of a request with these fields.

        The effort and the tier are those that the server names; else those that were asked for.
        """
        return replace(
            told,
            kind=kind,
            model=fields.get("model", ""),
            effort=told.effort or fields.get("reasoning", {}).get("effort", ""),
            tier=told.tier or fields.get("service_tier", ""),
            first_word_ms=self._first_word_ms,
            total_ms=self._ms(),
            over_http=self._over_http,
            cut_short=cut_short,
        )

    def _ms(self) -> int:
        return round((asyncio.get_running_loop().time() - self._started) * 1000)
