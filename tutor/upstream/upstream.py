"""Questions to the model: in turn, over the socket or over HTTP, otherwise where refused."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

import structlog

from tutor.protocol.events import (
    Event,
    ModelQueued,
    ModelSlow,
    ModelSpoke,
    ModelSteered,
    Payload,
)
from tutor.telemetry import fault
from tutor.upstream import http
from tutor.upstream.client import limiter, openai_client
from tutor.upstream.context import Context, Rows
from tutor.upstream.delta_buffer import Pieces
from tutor.upstream.request import Answer, OnSteered
from tutor.upstream.sansio import link_events, parse
from tutor.upstream.sansio.recovery import FOR_ALL_TO_COME, Recovery
from tutor.upstream.socket import Socket
from tutor.upstream.spans import ended, span_of

log = structlog.get_logger()

# After so long without a word the student is told that the tutor is still thinking …
SLOW_S: Final = 20.0
# … for a model may think for minutes; this bounds the whole answer.
ANSWER_TIMEOUT_S: Final = 600.0
# When the API refuses one for all: so long at most nobody else asks, and then finds out.
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
        self.context = Context(fields, rows, openai_client)
        self._tell = tell
        self._take = take
        self._socket = Socket(fields, self.context, tell)
        # The last request of which any text was heard.
        self._last_answered = 0

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
        span = span_of(self._fields)
        try:
            outcome = await self._ask_in_turn(request)
        except TimeoutError:
            outcome = parse.Broke("timeout", parse.SILENT, may_retry=False)
        except asyncio.CancelledError:
            span.end("cancelled")
            raise
        except Exception as error:  # noqa: BLE001  # a session that ends for it would ask for ever
            log.error("upstream.fault", **fault(error))  # noqa: TRY400  # without its text
            outcome = parse.Broke("fault", parse.LOST, may_retry=False)
        seconds = asyncio.get_running_loop().time() - started
        await self._tell(ended(request, outcome, seconds, span))

    async def steer(self, request: int, name: str, message: Payload) -> None:
        """Tell the model a message, named `name`, while it answers `request`, if that is possible.

        Whether it was told, only ModelSteered and ModelFinished say.
        """
        await self._socket.steer(request, name, message)

    async def _ask_in_turn(self, request: int) -> parse.Ended | parse.Broke:
        """Raises TimeoutError after ANSWER_TIMEOUT_S, which begin when the wait in line is over."""
        async with limiter().place(functools.partial(self._queued, request)):
            slow = asyncio.create_task(self._tell_if_slow(request))
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    with self._socket.question():
                        outcome = await self._ask_until_heard(request)
            finally:
                slow.cancel()
            if isinstance(outcome, parse.Broke) and outcome.is_limit:
                limiter().rest(min(outcome.retry_after_s, REST_S))
            return outcome

    async def _queued(self, request: int, position: int) -> None:
        await self._tell(ModelQueued(request, position))

    async def _tell_if_slow(self, request: int) -> None:
        """Tell when nothing has been heard of an answer for long."""
        await asyncio.sleep(SLOW_S)
        if self._last_answered != request and not self._socket.has_heard:
            await self._tell(ModelSlow(request))

    async def _ask_until_heard(self, request: int) -> parse.Ended | parse.Broke:
        """Ask, and where that is refused ask otherwise, until no other way is left."""

        def take(text: str) -> bool:
            self._last_answered = request
            return self._take(ModelSpoke(request, text))

        async def on_steered(over: parse.Ended) -> None:
            told = tuple(over.told)
            await self._tell(ModelSteered(request, over.response_id, over.items, told, over.usage))

        recovery = Recovery()
        self.context.begin()
        while True:
            answer, outcome = await self._ask_once(take, on_steered)
            if not isinstance(outcome, parse.Broke):
                return outcome
            heard = self._last_answered == request
            if not await self._mend(recovery, outcome, answer, heard=heard):
                return outcome
            if heard:
                # What the student has read must be withdrawn first: the turn does that.
                return replace(outcome, may_retry=True)

    async def _ask_once(
        self, take: Callable[[str], bool], on_steered: OnSteered
    ) -> tuple[Answer, parse.Ended | parse.Broke]:
        """Ask over the socket, or over HTTP where there is no hope for one."""
        route = await self._socket.route()
        items = await self.context.fitting()
        match route:
            case link_events.Ask(link_events.Route.SOCKET):
                answer, outcome = await self._socket.ask(items, take, on_steered)
                if isinstance(outcome, parse.Ended):
                    await self.context.answered(answer.items, outcome)
                return answer, outcome
            case link_events.Ask():
                answer = Answer(items, Pieces(take), is_alone=True)
                return answer, await self._ask_over_http(answer)
            case link_events.Fail(message):
                answer = Answer(items, Pieces(take), is_alone=True)
                return answer, parse.Broke("unreachable", message, may_retry=False)

    async def _ask_over_http(self, answer: Answer) -> parse.Ended | parse.Broke:
        log.info("upstream.http")
        outcome = await http.answer(openai_client(), self._fields, answer)
        if isinstance(outcome, parse.Ended):
            await self.context.answered(answer.items, outcome)
        await self._socket.answered_over_http(answered=isinstance(outcome, parse.Ended))
        return outcome

    async def _mend(
        self, recovery: Recovery, broke: parse.Broke, answer: Answer, *, heard: bool
    ) -> bool:
        """Whether there is another way to ask than the one that was refused.

        Where the student has `heard` a part of the answer, only one that changes what is told.
        """
        began = bool(answer.response_id)
        while remedy := recovery.next(broke, continues=answer.continues, began=began):
            if heard and remedy not in FOR_ALL_TO_COME:
                continue
            if await self.context.mend(remedy, answer.items):
                return True
        return False
