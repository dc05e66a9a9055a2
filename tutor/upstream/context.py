"""What the model is told of a dialogue, kept within what it can take and open."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol, assert_never
from uuid import uuid4

import structlog
from django.conf import settings
from openai import AsyncOpenAI

from tutor.events import Payload
from tutor.upstream import hear, http, length
from tutor.upstream.causes import Cause
from tutor.upstream.recovery import Remedy

log = structlog.get_logger()

# Where the window is known, a dialogue is compacted between two turns at this part of it …
DUE: Final = 0.7
# … and at once, before it is sent, above this one: an answer needs some room as well.
FULL: Final = 0.9
# The API needs so long at most to compact while a student waits.
COMPACT_S: Final = 60.0


class Rows(Protocol):
    """The dialogue in the database; see tutor.told.Told."""

    async def payloads(self) -> list[Payload]: ...

    async def compact(
        self, response_id: str, told: Sequence[Payload], items: Sequence[Payload]
    ) -> bool: ...

    async def unseal(self) -> bool: ...


class Context:
    """The items of one dialogue as requests with `fields` tell them."""

    def __init__(self, fields: Payload, rows: Rows, client: Callable[[], AsyncOpenAI]) -> None:
        self._fields = fields
        self._rows = rows
        self._client = client
        # The tokens that the model was told and said last; 0 before the first answer.
        self._tokens = 0
        # Whether the server may have an endpoint that compacts.
        self._has_endpoint = True

    async def items(self) -> list[Payload]:
        """All that the model is to be told now, as it is in the database."""
        return await self._rows.payloads()

    async def fitting(self) -> list[Payload]:
        """The same. Where it would not fit into the window, it is compacted first."""
        items = await self.items()
        window = settings.OPENAI_CONTEXT_TOKENS
        if window and length.size(self._fields, items) > FULL * window:
            await self._compact_now(items)
            return await self.items()
        return items

    def answered(self, items: Sequence[Payload], ended: hear.Ended) -> None:
        """The model was told `items`, and has answered. A server may not tell what that cost."""
        told = ended.usage.input + ended.usage.output
        self._tokens = told or length.size(self._fields, [*items, *ended.items])

    @property
    def is_long(self) -> bool:
        """Whether the dialogue is to be compacted before it goes on."""
        return self._tokens > _limit()

    async def compact(self) -> None:
        """Compact the dialogue between two turns. If the API fails to, it goes on as it is."""
        self._tokens = 0
        items = await self.items()
        outcome = await self._ask_for_less(items)
        if isinstance(outcome, hear.Ended):
            await self._rows.compact(outcome.response_id, items, outcome.items)
        elif outcome.cause is Cause.SEALED:
            await self._rows.unseal()
        elif outcome.code == http.NO_ENDPOINT or outcome.cause is Cause.TOO_LONG:
            await self._leave_out(items, _limit() // 2)

    async def mend(self, remedy: Remedy, items: list[Payload]) -> bool:
        """Change what is told instead of `items`. Whether it was changed, if it had to be."""
        log.info("upstream.mended", remedy=remedy.name, items=len(items))
        match remedy:
            case Remedy.NEW_SOCKET | Remedy.EVERYTHING:
                return True
            case Remedy.UNSEALED:
                return await self._rows.unseal()
            case Remedy.COMPACTED:
                return await self._compact_now(items)
            case Remedy.LAST_TURN:
                return await self._leave_out(items, 0)
            case _:
                assert_never(remedy)

    async def _compact_now(self, items: list[Payload]) -> bool:
        """Put less in place of the turns before the last one."""
        window = settings.OPENAI_CONTEXT_TOKENS
        earlier = items[: max(length.turns(items), default=0)]
        before = length.size(self._fields, earlier)
        if earlier and not (window and before > window):
            try:
                async with asyncio.timeout(COMPACT_S):
                    outcome = await self._ask_for_less(earlier)
            except TimeoutError:
                outcome = hear.MALFORMED
            is_less = (
                isinstance(outcome, hear.Ended)
                and length.size(self._fields, outcome.items) < before
            )
            if is_less and isinstance(outcome, hear.Ended):
                return await self._rows.compact(outcome.response_id, earlier, outcome.items)
        size = length.size(self._fields, items)
        return await self._leave_out(items, min(size, window or size) // 2)

    async def _ask_for_less(self, items: list[Payload]) -> hear.Ended | hear.Broke:
        if not self._has_endpoint:
            return hear.Broke(http.NO_ENDPOINT, "", may_retry=False)
        outcome = await http.compact(self._client(), self._fields, items)
        if isinstance(outcome, hear.Ended):
            log.info("upstream.compacted", items=len(items), into=len(outcome.items))
        else:
            self._has_endpoint = outcome.code != http.NO_ENDPOINT
        return outcome

    async def _leave_out(self, items: list[Payload], budget: int) -> bool:
        """Leave out the oldest turns of `items`, as many as it takes."""
        less = length.shortened(self._fields, items, budget)
        if less is None:
            return False
        place, instead = less
        log.info("upstream.left_out", items=place, of=len(items))
        return await self._rows.compact(f"left_out_{uuid4().hex}", items[:place], instead)


def _limit() -> int:
    """How many tokens a dialogue may have before it is compacted."""
    window = settings.OPENAI_CONTEXT_TOKENS
    limit: int = settings.COMPACT_AT_TOKENS
    return min(limit, int(DUE * window)) if window else limit
