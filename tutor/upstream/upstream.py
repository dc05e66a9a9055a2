"""Questions to the model: in turn, over the socket or over HTTP, otherwise where refused."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

import structlog
from django.conf import settings

from tutor.method.facts_role import as_role
from tutor.protocol.calls import Payload
from tutor.protocol.events import (
    Event,
    ModelCharged,
    ModelQueued,
    ModelSlow,
    ModelSpoke,
    ModelSteered,
    ResponseKind,
    Usage,
)
from tutor.telemetry import fault
from tutor.upstream import http
from tutor.upstream.client import limiter, note_outcome, openai_client
from tutor.upstream.context import Context, Rows
from tutor.upstream.delta_buffer import DeltaBuffer
from tutor.upstream.facts_role import current, refused_roles
from tutor.upstream.refused_fields import refused_fields
from tutor.upstream.request import OnSteered, PendingRequest
from tutor.upstream.sansio import link_events, parse
from tutor.upstream.sansio.output import with_cut
from tutor.upstream.sansio.recovery import LASTING, Recovery, Remedy
from tutor.upstream.socket import ReconnectingSocket
from tutor.upstream.spans import record_end, start_span

log = structlog.get_logger()

# After so long without a word, the first or the next, the student is told that it is slow …
SLOW_S: Final = 20.0
# … for a model may think for minutes; this bounds the whole answer.
ANSWER_TIMEOUT_S: Final = 600.0
# A rate limit holds for all students: nobody else asks for so long at most.
REST_S: Final = 30.0


class Upstream:
    """One session's way to the model. `run` keeps its socket open; `ask` may be called any time.

    `rows` are the items of the conversation; `tell` takes events, and `take` pieces of an answer:
    False if it would rather have them later. Only one `ask` at a time.
    """

    def __init__(
        self,
        fields: Payload,
        rows: Rows,
        tell: Callable[[Event], Awaitable[None]],
        take: Callable[[ModelSpoke], bool],
    ) -> None:
        self._fields = fields
        # What the model is told; it says too when that is to be compacted.
        self.context = Context(fields, rows, openai_client, self._charge)
        self._tell = tell
        self._take = take
        self._socket = ReconnectingSocket(fields, self.context, tell, self._charge)
        # What is being told of costs; held so that it is not collected.
        self._charging: set[asyncio.Task[None]] = set()
        # The last request of which any text was received.
        self._last_answered = 0
        # When the student was last given something to read, in the loop's time.
        self._heard_at = 0.0

    async def run(self) -> None:
        """Keep a warm socket open. Ends by cancellation only."""
        await self._socket.run()

    async def ask(self, request: int, after_s: float = 0.0) -> None:
        """Ask for an answer to the conversation as it will be in `after_s` seconds.

        Tells ModelSpoke as the text comes, ModelSteered for each message that is told meanwhile,
        and at last either ModelFinished or ModelFailed. If it is cancelled it tells nothing more,
        and nothing of this answer reaches a later one.
        """
        self._socket.expect_steering(request)
        await asyncio.sleep(after_s)
        started = asyncio.get_running_loop().time()
        span = start_span(self._fields)
        try:
            outcome = await self._ask_in_turn(request)
        except TimeoutError:
            outcome = parse.ResponseFailed("timeout", parse.SILENT, may_retry=False)
        except asyncio.CancelledError:
            span.end("cancelled")
            raise
        except Exception as error:  # noqa: BLE001  # a session that ends for it would ask for ever
            log.error("upstream.fault", **fault(error))  # noqa: TRY400  # without its text
            outcome = parse.ResponseFailed("fault", parse.LOST, may_retry=False)
        seconds = asyncio.get_running_loop().time() - started
        await self._tell(record_end(request, outcome, seconds, span))

    async def steer(self, request: int, name: str, message: Payload) -> None:
        """Tell the model a message, named `name`, while it answers `request`, if that is possible.

        Whether it was told, only ModelSteered and ModelFinished say.
        """
        await self._socket.steer(request, name, as_role(message, current()))

    def _charge(self, response_id: str, usage: Usage) -> None:
        """Tell the cost of a response of which nothing is stored, without waiting."""
        telling = asyncio.ensure_future(self._tell_cost(response_id, usage))
        self._charging.add(telling)
        telling.add_done_callback(self._charging.discard)

    async def _tell_cost(self, response_id: str, usage: Usage) -> None:
        await self._tell(ModelCharged(response_id, usage))

    async def _ask_in_turn(self, request: int) -> parse.Outcome:
        """Raises TimeoutError after ANSWER_TIMEOUT_S, which begin when the wait in line is over."""
        async with limiter().slot(functools.partial(self._queued, request)):
            self._heard_at = asyncio.get_running_loop().time()
            slow = asyncio.create_task(self._watch(request))
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    with self._socket.question():
                        outcome = await self._ask_with_recovery(request)
            finally:
                slow.cancel()
            if isinstance(outcome, parse.ResponseFailed) and outcome.is_rate_limit:
                limiter().pause(min(outcome.retry_after_s, REST_S))
            if isinstance(outcome, parse.ResponseDone):
                cap = int(self._fields.get("max_output_tokens") or 0)
                outcome = with_cut(outcome, cap, settings.OPENAI_CONTEXT_TOKENS)
            note_outcome(outcome)
            return outcome

    async def _queued(self, request: int, position: int) -> None:
        await self._tell(ModelQueued(request, position))

    async def _watch(self, request: int) -> None:
        """Tell of every silence of SLOW_S, once: before the answer and in the middle of it."""
        loop = asyncio.get_running_loop()
        told = -1.0
        while True:
            heard = self._heard_at
            await asyncio.sleep(max(heard, told) + SLOW_S - loop.time())
            if heard != self._heard_at:
                continue
            if told < heard:
                await self._tell(ModelSlow(request))
            told = loop.time()

    async def _ask_with_recovery(self, request: int) -> parse.Outcome:
        """Ask, and where that is refused ask otherwise, until no other way is left."""

        def take(text: str) -> bool:
            self._last_answered = request
            self._heard_at = asyncio.get_running_loop().time()
            return self._take(ModelSpoke(request, text))

        async def on_steered(over: parse.ResponseDone) -> None:
            ids = tuple(over.delivered)
            await self._tell(ModelSteered(request, over.response_id, over.items, ids, over.usage))

        recovery = Recovery()
        self.context.begin_question()
        while True:
            pending, outcome = await self._ask_once(take, on_steered)
            if not isinstance(outcome, parse.ResponseFailed):
                return outcome
            if pending.response_id:
                self._charge(pending.response_id, pending.usage(outcome, ResponseKind.FAILED))
            was_shown = self._last_answered == request
            if not await self._apply_remedy(recovery, outcome, pending, was_shown=was_shown):
                return outcome
            if was_shown:
                # What the student has read must be withdrawn first: the turn does that.
                return replace(outcome, may_retry=True)

    async def _ask_once(
        self, take: Callable[[str], bool], on_steered: OnSteered
    ) -> tuple[PendingRequest, parse.Outcome]:
        """Ask over the socket, or over HTTP where there is no hope for one."""
        route = await self._socket.route()
        items = await self.context.fitting_items()
        match route:
            case link_events.Route.SOCKET:
                pending, outcome = await self._socket.ask(items, take, on_steered)
                if isinstance(outcome, parse.ResponseDone):
                    await self.context.record_answer(pending.items, outcome)
                return pending, outcome
            case link_events.Route.HTTP:
                pending = PendingRequest(items, DeltaBuffer(take), has_own_stream=True)
                return pending, await self._ask_over_http(pending)

    async def _ask_over_http(self, pending: PendingRequest) -> parse.Outcome:
        log.info("upstream.http")
        try:
            outcome = await http.ask(openai_client, self._fields, pending)
        except asyncio.CancelledError:
            if pending.dropped:
                self._charge(*pending.dropped)
            raise
        if isinstance(outcome, parse.ResponseDone):
            await self.context.record_answer(pending.items, outcome)
        await self._socket.answered_over_http(answered=isinstance(outcome, parse.ResponseDone))
        return outcome

    async def _apply_remedy(
        self,
        recovery: Recovery,
        failure: parse.ResponseFailed,
        pending: PendingRequest,
        *,
        was_shown: bool,
    ) -> bool:
        """Change the request that failed by the next remedy; False if none is left.

        Where a part of the answer `was_shown`, only a remedy that lasts: the turn asks again.
        """
        begun, only_new = bool(pending.response_id), pending.is_continuation
        while remedy := recovery.next(failure, is_continuation=only_new, has_begun=begun):
            if was_shown and remedy not in LASTING:
                continue
            if remedy is Remedy.WITHOUT_FIELD and not refused_fields().note(
                pending.fields, failure.param
            ):
                continue
            if remedy is Remedy.OTHER_ROLE and not refused_roles().note(pending.items):
                continue
            if await self.context.apply(remedy, pending.items):
                return True
        return False
