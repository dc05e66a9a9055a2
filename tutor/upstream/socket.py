"""One student's socket to the Responses API: opened ahead, warmed up, opened again when lost."""

import asyncio
import functools
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

import structlog
from django.conf import settings
from openai import AsyncOpenAI, OpenAIError
from openai.resources.responses.responses import AsyncResponsesConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from tutor.protocol.events import (
    Event,
    ModelQueued,
    ModelReachable,
    ModelSlow,
    ModelSpoke,
    ModelSteered,
    ModelWarmed,
    Payload,
)
from tutor.telemetry import fault, plain
from tutor.turn import history
from tutor.upstream import http
from tutor.upstream.context import Context, Rows
from tutor.upstream.delta_buffer import Pieces
from tutor.upstream.limiter import Line
from tutor.upstream.request import Answer, OnSteered
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.causes import KEY_REFUSED, Cause
from tutor.upstream.sansio.recovery import FOR_ALL_TO_COME, Recovery, Remedy
from tutor.upstream.sansio.responses import Responses
from tutor.upstream.spans import ended, span_of
from tutor.upstream.transport import CONNECTION_OPTIONS, Wire

log = structlog.get_logger()

# How long a question waits for a socket; the student sees «connecting» meanwhile.
READY_TIMEOUT_S: Final = 10.0
WARM_UP_TIMEOUT_S: Final = 4.0
# After so long without a word the student is told that the tutor is still thinking …
SLOW_S: Final = 20.0
# … for a model may think for minutes; this bounds the whole answer.
ANSWER_TIMEOUT_S: Final = 600.0
# An answer nobody waits for: so long it may run to its end before the socket is given up.
DRAIN_S: Final = 2.0
# After so many handshakes in a row that failed, questions go over HTTP until one succeeds.
HANDSHAKES: Final = 3
BACKOFF_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
# When the API refuses one for all: so long at most nobody else asks, and then finds out.
REST_S: Final = 30.0
# The models that can be told something while they answer.
STEERABLE: Final = ("gpt-6",)
# A socket that takes nothing for so long is given up: somebody waits for the session meanwhile.
STEER_S: Final = 1.0
# How long after an end what follows it may begin: see Answer.waits_with.
SUCCESSOR_S: Final = 5.0
# A larger frame makes the API close the socket (1009) without a word: 16 MiB, and some reserve.
MAX_FRAME_BYTES: Final = 15 * 1024 * 1024
# A socket that we closed ourselves is replaced without a word and a pause, if it lived so long: a
# server that calls every socket too old is not asked in a tight loop.
SHORT_LIFE_S: Final = 1.0
# We closed it because it did not answer its warm-up.
SILENT: Final = "silent"


class Upstream:
    """The socket of one session. `run` keeps it open; `ask` may be called at any time.

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
        self.context = Context(fields, rows, _client)
        self._tell = tell
        self._take = take
        # The open socket; None between two.
        self._connection: AsyncResponsesConnection | None = None
        # What lies under it; and under one that is being opened, of no use yet.
        self._wire: Wire | None = None
        self._next_wire: Wire | None = None
        # What that socket holds; None if nothing, or nothing we may count on.
        self._baseline: history.Baseline | None = None
        # The request on the wire, also one that was dropped and not yet at its end.
        self._answer: Answer | None = None
        # The responses of the present socket.
        self._responses = Responses()
        # The last request asked for, and messages that it could not be told yet.
        self._request = 0
        self._unsent: dict[str, Payload] = {}
        # Whether the model can be told something while it answers.
        self._can_steer = fields["model"].startswith(STEERABLE)
        # Events of the present socket that nobody has told us of.
        self._unknown = 0
        # Whether the socket is open, warmed up and not about to be closed.
        self._ready = False
        # Set while a question need not wait: the socket is ready, or there is no hope for one.
        self._settled = asyncio.Event()
        # Set while a question waits for a socket: no warm-up, no waiting between attempts.
        self._wanted = asyncio.Event()
        # The last request of which any text was heard.
        self._heard_of = 0
        # Whether the last question over HTTP was answered: the student need not know of the socket.
        self._http_works = False
        # Set when the API has refused our key: nothing will help until an operator does.
        self._forbidden = False
        # Sockets in a row that were refused or lost before anything was answered on them.
        self._failures = 0
        # When the last question came, in the loop's time.
        self._asked_at = 0.0
        # Why we closed the socket ourselves; empty if we did not.
        self._closed_for = ""
        # The closing of it, held so that it is not collected; None before the first.
        self._closing: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Keep a warm socket open. Ends by cancellation only."""
        # Any: the SDK's type lacks most of what it passes on.
        options: Any = {**CONNECTION_OPTIONS, "create_connection": self._make_wire}
        while True:
            self._closed_for = ""
            opened_at = asyncio.get_running_loop().time()
            try:
                async with (
                    _client().responses.connect(websocket_connection_options=options) as connection,
                    asyncio.TaskGroup() as tasks,
                ):
                    self._forbidden = False
                    self._connection, self._wire = connection, self._next_wire
                    self._baseline, self._unknown, self._responses = None, 0, Responses()
                    tasks.create_task(self._tend(connection))
                    await self._read(connection)
            except* InvalidStatus as refusals:
                self._refused(refusals)
            except* Exception as errors:  # noqa: BLE001  # a session that ends for it comes again
                self._lost(errors)
            finally:
                if self._wire:
                    self._wire.let_go()
            if self._closed_for == "idle":
                await self._wanted.wait()
            lived_s = asyncio.get_running_loop().time() - opened_at
            if self._closed_for not in ("", SILENT) and lived_s > SHORT_LIFE_S:
                continue
            message = parse.NOT_ALLOWED if self._forbidden else parse.UNREACHABLE
            if not self._http_works:
                await self._tell(ModelReachable(reachable=False, message=message))
            self._failures += 1
            self._settle(ready=False)
            await self._pause(BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1])

    async def ask(self, request: int, after_s: float = 0.0) -> None:
        """Ask for an answer to the conversation as it will be in `after_s` seconds.

        Tells ModelSpoke as the text comes, ModelSteered for each message that is told meanwhile,
        and at last either ModelFinished or ModelFailed. If it is cancelled it tells nothing more,
        and nothing of this answer reaches a later one.
        """
        self._request, self._unsent = request, {}
        await asyncio.sleep(after_s)
        started = asyncio.get_running_loop().time()
        span = span_of(self._fields)
        # Begins when the wait in line is over.
        watch: asyncio.Task[None] | None = None
        try:
            async with _line().place(functools.partial(self._queued, request)):
                watch = asyncio.create_task(self._watch(request))
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    outcome = await self._ask(request)
                if isinstance(outcome, parse.Broke) and outcome.is_limit:
                    _line().rest(min(outcome.retry_after_s, REST_S))
        except TimeoutError:
            outcome = parse.Broke("timeout", parse.SILENT, may_retry=False)
        except asyncio.CancelledError:
            span.end("cancelled")
            raise
        except Exception as error:  # noqa: BLE001  # a session that ends for it would ask for ever
            log.error("upstream.fault", **fault(error))  # noqa: TRY400  # without its text
            outcome = parse.Broke("fault", parse.LOST, may_retry=False)
        finally:
            if watch:
                watch.cancel()
        seconds = asyncio.get_running_loop().time() - started
        await self._tell(ended(request, outcome, seconds, span))

    async def steer(self, request: int, name: str, message: Payload) -> None:
        """Tell the model a message, named `name`, while it answers `request`, if that is possible.

        Whether it was told, only ModelSteered and ModelFinished say.
        """
        if self._can_steer and request == self._request:
            self._unsent[name] = message
            await self._send_unsent()

    async def _send_unsent(self) -> None:
        """Send what waits for a response to be told to."""
        answer, connection = self._answer, self._connection
        while answer and connection and answer.can_be_steered and self._unsent:
            name = next(iter(self._unsent))
            message = self._unsent.pop(name)
            answer.steered((name, message))
            frame = {
                "type": "response.steer",
                "previous_response_id": answer.response_id,
                "input": [message],
            }
            text = _json(frame)
            log.info("upstream.steer", bytes=len(text), response=plain(answer.response_id))
            try:
                async with asyncio.timeout(STEER_S):
                    await connection.send_raw(text.decode())
            except TimeoutError:
                self._close(connection, "stuck")
                return
            except (WebSocketException, OpenAIError):
                return  # the answer is told that the socket is lost, by whoever reads it

    def _make_wire(self, *args: Any, **options: Any) -> Wire:
        self._next_wire = Wire(*args, **options)
        return self._next_wire

    async def _queued(self, request: int, position: int) -> None:
        await self._tell(ModelQueued(request, position))

    async def _ask(self, request: int) -> parse.Ended | parse.Broke:
        self._wanted.set()
        try:
            return await self._ask_until_heard(request)
        finally:
            self._wanted.clear()

    async def _ask_until_heard(self, request: int) -> parse.Ended | parse.Broke:
        def take(text: str) -> bool:
            self._heard_of = request
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
            heard = self._heard_of == request
            if not await self._mend(recovery, outcome, answer, heard=heard):
                return outcome
            if heard:
                # What the student has read must be withdrawn first: the turn does that.
                return replace(outcome, may_retry=True)

    async def _ask_once(
        self, take: Callable[[str], bool], on_steered: OnSteered
    ) -> tuple[Answer, parse.Ended | parse.Broke]:
        """Ask over the socket, or over HTTP where there is no hope for one."""
        is_ready = await self._until_ready()
        items = await self.context.fitting()
        if is_ready:
            pieces = Pieces(take, self._wire.rest, self._wire.wake) if self._wire else Pieces(take)
            answer = Answer(items, pieces, on_steered, self._responses)
            return answer, await self._exchange(answer)
        answer = Answer(items, Pieces(take), is_alone=True)
        if self._failures >= HANDSHAKES and not self._forbidden:
            return answer, await self._ask_over_http(answer)
        message = parse.NOT_ALLOWED if self._forbidden else parse.UNREACHABLE
        return answer, parse.Broke("unreachable", message, may_retry=False)

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

    async def _until_ready(self) -> bool:
        """Whether a socket is open for a question, within READY_TIMEOUT_S.

        A dropped answer first comes to its end, or its socket does: on a socket, answers carry no
        name.
        """
        self._asked_at = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                if self._answer:
                    await asyncio.shield(self._answer.ended)
                await self._settled.wait()
        except TimeoutError:
            return False
        return self._ready

    async def _ask_over_http(self, answer: Answer) -> parse.Ended | parse.Broke:
        log.info("upstream.http")
        # The socket may take its time.
        self._wanted.clear()
        outcome = await http.answer(_client(), self._fields, answer)
        self._http_works = isinstance(outcome, parse.Ended)
        if isinstance(outcome, parse.Ended):
            await self.context.answered(answer.items, outcome)
            await self._tell(ModelReachable(reachable=True))
        return outcome

    async def _watch(self, request: int) -> None:
        """Tell when nothing has been heard of an answer for long."""
        await asyncio.sleep(SLOW_S)
        heard = self._heard_of == request or (self._answer and self._answer.heard.is_set())
        if not heard:
            await self._tell(ModelSlow(request))

    async def _exchange(
        self, answer: Answer, *, generate: bool = True
    ) -> parse.Ended | parse.Broke:
        """Send one request and wait for the API's last word on it."""
        connection = self._connection
        if connection is None or self._answer:
            return LOST  # the socket was replaced while we looked at the rows
        frame = self._frame(answer, generate=generate)
        if len(frame) > MAX_FRAME_BYTES:
            return parse.TOO_LARGE
        self._answer = answer
        # Whatever goes wrong from here on, the socket no longer holds what we think.
        self._baseline = None
        try:
            await connection.send_raw(frame.decode())  # bytes would go out as a binary frame
            outcome = await asyncio.shield(answer.ended)
        except (WebSocketException, OpenAIError):
            outcome = LOST
            answer.end(outcome)
        except asyncio.CancelledError:
            answer.drop()
            asyncio.get_running_loop().call_later(DRAIN_S, self._give_up, connection, answer)
            raise
        if isinstance(outcome, parse.Ended):
            # Only now: a server that opens sockets and closes them again is not well.
            self._failures = 0
            if outcome.cut_short != parse.STEERED:
                output = (*outcome.items, *outcome.told.values())
                self._baseline = history.advance(
                    self._fields, answer.items, outcome.response_id, output
                )
            if generate:
                await self.context.answered(answer.items, outcome)
        return outcome

    def _frame(self, answer: Answer, *, generate: bool) -> bytes:
        """The request: only what is new if the socket holds the rest, else everything."""
        plan = history.plan(self._fields, answer.items, self._baseline)
        answer.continues = plan.previous_response_id is not None
        frame = {"type": "response.create", **self._fields, "input": list(plan.input)}
        if plan.previous_response_id:
            frame["previous_response_id"] = plan.previous_response_id
        if not generate:
            frame["generate"] = False
        text = _json(frame)
        log.info("upstream.send", bytes=len(text), items=len(plan.input), generate=generate)
        return text

    def _give_up(self, connection: AsyncResponsesConnection, answer: Answer) -> None:
        if not answer.ended.done():
            self._close(connection, "dropped")

    def _close(self, connection: AsyncResponsesConnection, reason: str) -> None:
        """Close a socket of our own accord; `run` opens the next one without a word."""
        self._closed_for = reason
        self._settle(ready=False)
        self._closing = asyncio.ensure_future(connection.close())

    # One socket's life

    async def _read(self, connection: AsyncResponsesConnection) -> None:
        """Hear `connection` until it is gone; raises what the SDK raises then."""
        try:
            while True:
                await self._heard(connection, await connection.recv_bytes())
        finally:
            if self._unknown:
                log.info("upstream.unknown_events", count=self._unknown)
            self._settle(ready=False)
            self._connection = self._baseline = None
            if self._answer:
                self._answer.end(LOST)
                self._answer = None

    async def _heard(self, connection: AsyncResponsesConnection, raw: bytes) -> None:
        heard = parse.hear(raw)
        if isinstance(heard, parse.Unknown):
            self._unknown += 1
            return
        if isinstance(heard, parse.Broke) and heard.cause is Cause.SOCKET_TOO_OLD:
            # It may come at any time, also on an idle socket.
            self._close(connection, "too old")
        answer = self._answer
        if answer is None:
            return
        if heard is None:
            answer.goes_on()
            return
        if isinstance(heard, parse.Broke) and answer.response_id and not heard.of_response:
            # What that response may still say belongs to nobody.
            self._close(connection, "error")
            if answer.is_steered:
                # It may be our message that it did not understand.
                self._can_steer = False
                heard = replace(heard, may_retry=True)
        await self._take_in(connection, answer, heard)
        if isinstance(heard, parse.SteerRefused) and heard.code == parse.STEERING_NOT_SUPPORTED:
            self._can_steer = False
        if isinstance(heard, parse.Began):
            await self._send_unsent()

    async def _take_in(
        self, connection: AsyncResponsesConnection, answer: Answer, heard: parse.Heard
    ) -> None:
        before = answer.waits_with
        await answer.take_in(heard)
        last = answer.waits_with
        if answer.ended.done():
            self._answer = None
            if answer.is_unclear:
                self._close(connection, "unclear")
        elif last and last is not before:
            loop = asyncio.get_running_loop()
            loop.call_later(SUCCESSOR_S, self._give_up_successor, connection, answer, last)

    def _give_up_successor(
        self, connection: AsyncResponsesConnection, answer: Answer, last: object
    ) -> None:
        """A response is over, and the API has not said what follows it: see Answer.waits_with."""
        if answer.waits_with is last and not answer.ended.done():
            # What it would still say belongs to nobody.
            self._close(connection, "no successor")
            answer.give_up_waiting()

    async def _tend(self, connection: AsyncResponsesConnection) -> None:
        """Warm the socket up; close it between two answers when it is old or nobody asks."""
        loop = asyncio.get_running_loop()
        opened_at = self._asked_at = loop.time()
        await self._warm_up(connection)
        while True:
            old_at = opened_at + settings.UPSTREAM_ROTATE_S
            idle_at = self._asked_at + settings.UPSTREAM_IDLE_S
            await asyncio.sleep(min(old_at, idle_at) - loop.time())
            if self._answer:
                await asyncio.shield(self._answer.ended)
            elif loop.time() >= old_at:
                self._close(connection, "rotated")
                return
            elif loop.time() >= self._asked_at + settings.UPSTREAM_IDLE_S:
                self._close(connection, "idle")
                return

    async def _warm_up(self, connection: AsyncResponsesConnection) -> None:
        """Let the API read instructions and history before the student asks. May fail quietly."""
        items = await self.context.items()
        left_behind = isinstance(history.next_step(items), history.RunCalls)
        if not self._wanted.is_set() and not left_behind:
            try:
                answer = Answer(items, responses=self._responses)
                async with asyncio.timeout(WARM_UP_TIMEOUT_S):
                    outcome = await self._exchange(answer, generate=False)
            except TimeoutError:
                # Nothing would be heard on it behind that; the next one is not warmed up if
                # a question waits by then.
                log.warning("upstream.warm_up_timeout")
                self._close(connection, SILENT)
            else:
                if isinstance(outcome, parse.Ended):
                    await self._tell(ModelWarmed(outcome.response_id, outcome.usage))
                elif outcome.cause is Cause.SEALED:
                    # The question need not find that out again.
                    await self.context.mend(Remedy.UNSEALED, items)
        if not self._closed_for:
            self._settle(ready=True)
            await self._tell(ModelReachable(reachable=True))

    # Between two sockets

    def _settle(self, *, ready: bool) -> None:
        self._ready = ready
        if ready or self._forbidden or self._failures >= HANDSHAKES:
            self._settled.set()
        else:
            self._settled.clear()

    def _refused(self, refusals: ExceptionGroup[InvalidStatus]) -> None:
        [refusal] = refusals.exceptions
        assert isinstance(refusal, InvalidStatus)
        status = refusal.response.status_code
        self._forbidden = status in KEY_REFUSED
        log.warning("upstream.refused", status=status)

    def _lost(self, errors: ExceptionGroup[Exception]) -> None:
        error = errors.exceptions[0]
        if not isinstance(error, OSError | TimeoutError | WebSocketException | OpenAIError):
            log.error("upstream.fault", **fault(error))
        closed = error.rcvd if isinstance(error, ConnectionClosed) else None
        code = closed.code if closed else None
        reason = self._closed_for or type(error).__name__
        log.info("upstream.closed", reason=reason, code=code)

    async def _pause(self, seconds: float) -> None:
        """Wait between two attempts, with jitter, unless a question waits."""
        try:
            async with asyncio.timeout(seconds * random.uniform(0.5, 1.0)):  # noqa: S311
                await self._wanted.wait()
            # Even then not in a tight loop.
            await asyncio.sleep(BACKOFF_S[0])
        except TimeoutError:
            pass


LOST: Final = parse.Broke("lost", parse.LOST, may_retry=True)


def _json(frame: Payload) -> bytes:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()


@functools.cache
def _line() -> Line:
    """The process's line: shared by all sockets, for the API's limits are."""
    return Line(settings.UPSTREAM_CONCURRENT)


@functools.cache
def _client() -> AsyncOpenAI:
    """The process's client: keys, address and TLS settings, shared by all sockets."""
    return AsyncOpenAI(
        api_key=settings.OPENAI_API_KEY, base_url=settings.OPENAI_BASE_URL, max_retries=0
    )


async def close_client() -> None:
    """Let go of the process's client; the next socket makes a new one."""
    _line.cache_clear()
    if _client.cache_info().currsize:
        await _client().close()
        _client.cache_clear()
