"""What the model is told of a dialogue, kept within what it can take and open."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, assert_never
from uuid import uuid4

import structlog
from django.conf import settings
from openai import AsyncOpenAI

from tutor.protocol.calls import Payload
from tutor.protocol.events import ResponseKind, Usage
from tutor.telemetry import fault
from tutor.upstream import http
from tutor.upstream.measure import Measure
from tutor.upstream.sansio import length, parse
from tutor.upstream.sansio.causes import Cause
from tutor.upstream.sansio.recovery import Remedy

log = structlog.get_logger()

# Where the window is known, a dialogue is compacted between two turns at this part of it …
DUE: Final = 0.7
# … and at once, before it is sent, above this one: an answer needs some room as well.
FULL: Final = 0.9
# After a compaction it is made again when the dialogue has grown to so much of what was left …
GROWTH: Final = 1.5
# … which was little gained if it is more than this part of what there was.
LITTLE: Final = 0.8
# The API may take so long to compact between two turns, and so long while a student waits.
COMPACT_S: Final = 120.0
COMPACT_NOW_S: Final = 20.0


class Rows(Protocol):
    """The dialogue in the database; see tutor.session.context.ModelContext."""

    async def payloads(self) -> list[Payload]: ...

    async def compact(
        self, response_id: str, told: Sequence[Payload], items: Sequence[Payload]
    ) -> bool: ...

    async def omit_sealed(self) -> bool: ...


@dataclass(frozen=True)
class Trial:
    """What a dialogue begins with and is left out, and what is told instead."""

    left_out: list[Payload]
    instead: tuple[Payload, ...]

    def apply_to(self, items: list[Payload]) -> list[Payload]:
        """`items` as they are told; unchanged if they begin otherwise by now."""
        begins = items[: len(self.left_out)] == self.left_out
        return [*self.instead, *items[len(self.left_out) :]] if begins else items


class Context:
    """The items of one dialogue as requests with `fields` tell them."""

    def __init__(
        self,
        fields: Payload,
        rows: Rows,
        client: Callable[[], AsyncOpenAI],
        charge: Callable[[str, Usage], None],
    ) -> None:
        self._fields = fields
        self._rows = rows
        self._client = client
        # Told what a compaction cost.
        self._charge = charge
        # The tokens that the model was told and said last; 0 before the first answer.
        self._tokens = 0
        # The tokens that were left by the last compaction, or that it could not make fewer; None
        # before the first answer after it, and of this session.
        self._left: float | None = None
        # The tokens that there were before it; 0 if it was another session's.
        self._before = 0
        # Whether the server may have an endpoint that compacts.
        self._has_endpoint = True
        # What the question under way leaves out, if it was refused with it; else None.
        self._trial: Trial | None = None

    async def items(self) -> list[Payload]:
        """All that the model is to be told now, as it is in the database."""
        return await self._rows.payloads()

    async def fitting_items(self) -> list[Payload]:
        """The same. Where it would not fit into the window, it is compacted first; what is on trial
        is left out.
        """
        items = await self.items()
        window = settings.OPENAI_CONTEXT_TOKENS
        if window and length.request_tokens(self._fields, items) > self._full(window):
            await self._compact_now(items)
            items = await self.items()
        if self._trial:
            return self._trial.apply_to(items)
        return items

    def _full(self, window: int) -> float:
        """How many tokens a request may have: some servers count the answer's cap in with it."""
        cap: int = self._fields.get("max_output_tokens", 0)
        return min(FULL * window, max(window - cap, window / 2))

    def begin_question(self) -> None:
        """A question begins: nothing is on trial for it."""
        self._trial = None

    async def record_answer(self, items: Sequence[Payload], done: parse.ResponseDone) -> None:
        """The model was told `items`, and has answered. A server may not tell what that cost."""
        trial, self._trial = self._trial, None
        if trial:
            await self._rows.compact(_left_out(), trial.left_out, trial.instead)
        told = done.usage.input + done.usage.output
        self._tokens = told or length.request_tokens(self._fields, [*items, *done.items])
        if self._left is None:
            self._left = self._measure_left(items)

    def _measure_left(self, items: Sequence[Payload]) -> float:
        """How many tokens the last compaction has left; 0 if there was none."""
        if self._before:
            if self._tokens > LITTLE * self._before:
                log.warning("upstream.little_gained", tokens=self._tokens, before=self._before)
            return self._tokens
        if self._tokens <= _limit():
            return 0.0
        # Another session has compacted: what has come since is known by its part of the request.
        left = length.request_tokens(self._fields, items[: length.compacted(items)])
        whole = length.request_tokens(self._fields, items)
        return self._tokens * left / whole if length.compacted(items) else 0.0

    @property
    def is_long(self) -> bool:
        """Whether the dialogue is to be compacted before it goes on."""
        return self._tokens > max(_limit(), GROWTH * (self._left or 0.0))

    async def compact(self) -> None:
        """Compact the dialogue between two turns. If that fails, it goes on as it is, and is tried
        again when it has grown by half.
        """
        self._before, self._tokens = self._tokens, 0
        is_compacted = False
        try:
            is_compacted = await self._compact_all()
        except Exception as error:  # noqa: BLE001  # whatever it is: no session ends for it
            log.error("upstream.not_compacted", **fault(error))  # noqa: TRY400  # no text
        self._left = None if is_compacted else self._before

    async def _compact_all(self) -> bool:
        items, outcome = await self._compact_part(list, COMPACT_S)
        if isinstance(outcome, parse.ResponseDone):
            return await self._rows.compact(outcome.response_id, items, outcome.items)
        if outcome.code == http.NO_ENDPOINT or outcome.cause is Cause.TOO_LONG:
            return await self._leave_out(items, _limit() // 2)
        return False

    async def apply(self, remedy: Remedy, items: list[Payload]) -> bool:
        """Change what is told instead of `items`. Whether it was changed, if it had to be."""
        log.info("upstream.mended", remedy=remedy.name, items=len(items))
        match remedy:
            case Remedy.NEW_SOCKET | Remedy.EVERYTHING | Remedy.WITHOUT_FIELD | Remedy.OTHER_ROLE:
                return True
            case Remedy.UNSEALED:
                return await self._rows.omit_sealed()
            case Remedy.COMPACTED:
                return await self._compact_now(items)
            case Remedy.LAST_TURN:
                return await self._leave_out(items, 0)
            case Remedy.LAST_TURN_ON_TRIAL:
                return await self._try_last_turn()
            case _:
                assert_never(remedy)

    async def _compact_now(self, items: list[Payload]) -> bool:
        """Put less in place of the turns before the last one, while a student waits.

        What is still too much for the window then is left out.
        """
        window = settings.OPENAI_CONTEXT_TOKENS
        before = length.request_tokens(self._fields, _earlier(items))
        is_compacted = False
        if _earlier(items) and not (window and before > window):
            is_compacted = await self._compact_earlier()
            items = await self.items()
        size = length.request_tokens(self._fields, items)
        if is_compacted and not (window and size > FULL * window):
            return True
        return await self._leave_out(items, min(size, window or size) // 2) or is_compacted

    async def _compact_earlier(self) -> bool:
        """Whether the turns before the last one were compacted, and became fewer tokens by it."""
        earlier, outcome = await self._compact_part(_earlier, COMPACT_NOW_S)
        if not isinstance(outcome, parse.ResponseDone):
            return False
        less = length.request_tokens(self._fields, outcome.items)
        if less >= LITTLE * length.request_tokens(self._fields, earlier):
            log.warning("upstream.little_gained", tokens=less)
            return False
        return await self._rows.compact(outcome.response_id, earlier, outcome.items)

    async def _compact_part(
        self, part: Callable[[list[Payload]], list[Payload]], within_s: float
    ) -> tuple[list[Payload], parse.Outcome]:
        """A part of what the model is told, and what may stand for it. If that is refused for what
        is sealed in it, it is asked for once more without.
        """
        items = part(await self.items())
        outcome = await self._request_compaction(items, within_s)
        is_sealed = isinstance(outcome, parse.ResponseFailed) and outcome.cause is Cause.SEALED
        if is_sealed and await self._rows.omit_sealed():
            items = part(await self.items())
            outcome = await self._request_compaction(items, within_s)
        return items, outcome

    async def _request_compaction(self, items: list[Payload], within_s: float) -> parse.Outcome:
        outcome: parse.Outcome = parse.ResponseFailed(http.NO_ENDPOINT, "", may_retry=False)
        measure = Measure(over_http=True)
        if not self._has_endpoint:
            return outcome
        try:
            async with asyncio.timeout(within_s):
                outcome = await http.compact(self._client(), self._fields, items)
        except TimeoutError:
            # One that does not answer is none: it would cost that long every time.
            log.warning("upstream.not_compacted", reason="timeout")
        if isinstance(outcome, parse.ResponseDone):
            asked = {"model": self._fields["model"]}  # it is asked for with none of the options
            usage = measure.usage(outcome.usage, asked, ResponseKind.COMPACTION)
            self._charge(outcome.response_id, usage)
            log.info("upstream.compacted", items=len(items), into=len(outcome.items))
        else:
            self._has_endpoint = outcome.code != http.NO_ENDPOINT
        return outcome

    async def _try_last_turn(self) -> bool:
        """Tell the last turn alone; the rows stay as they are until that is answered."""
        items = await self.items()
        earlier = _earlier(items)
        if not earlier or self._trial:
            return False
        self._trial = Trial(earlier, length.note_for(earlier, items[len(earlier) :]))
        return True

    async def _leave_out(self, items: list[Payload], budget: int) -> bool:
        """Leave out the oldest turns of `items`, as many as it takes."""
        less = length.shorten(self._fields, items, budget)
        if less is None:
            return False
        place, instead = less
        log.info("upstream.left_out", items=place, of=len(items))
        return await self._rows.compact(_left_out(), items[:place], instead)


def _earlier(items: list[Payload]) -> list[Payload]:
    """What comes before the last turn."""
    return items[: max(length.turn_starts(items), default=0)]


def _left_out() -> str:
    """The name of a compaction that is ours."""
    return f"left_out_{uuid4().hex}"


def _limit() -> int:
    """How many tokens a dialogue may have before it is compacted."""
    window = settings.OPENAI_CONTEXT_TOKENS
    limit: int = settings.COMPACT_AT_TOKENS
    return min(limit, int(DUE * window)) if window else limit
