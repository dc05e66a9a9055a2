"""One student's socket to the Responses API: opened ahead, warmed up, opened again when lost."""

import asyncio
import functools
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.conf import settings
from openai import AsyncOpenAI, OpenAIError
from openai.resources.responses.responses import AsyncResponsesConnection
from websockets.exceptions import InvalidStatus, WebSocketException

from tutor import history
from tutor.events import Event, ModelFailed, ModelFinished, ModelReachable, ModelSpoke, Payload
from tutor.upstream import hear

log = structlog.get_logger()

OPEN_TIMEOUT_S: Final = 5.0
# How long a question waits for a socket; the student sees «connecting» meanwhile.
READY_TIMEOUT_S: Final = 10.0
WARM_UP_TIMEOUT_S: Final = 10.0
# A model may think for minutes without a word; this bounds the whole answer.
ANSWER_TIMEOUT_S: Final = 600.0
# An answer nobody waits for: so long it may run to its end before the socket is given up.
DRAIN_S: Final = 2.0
BACKOFF_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
MAX_EVENT_BYTES: Final = 32 * 1024 * 1024

CONNECTION_OPTIONS: Final[Any] = {  # the SDK's type lacks most of what it passes on
    "open_timeout": OPEN_TIMEOUT_S,
    # The default of 10 s holds up the end of a session whose socket has unread frames.
    "close_timeout": 1.0,
    "ping_interval": 20.0,
    "ping_timeout": 60.0,
    "max_size": MAX_EVENT_BYTES,
    # websockets would compress by default; it costs 30 KiB a student and gains nothing on JSON
    # of this size.
    "compression": None,
}


@dataclass
class Answer:
    """One request under way. `ended` gets its result when the API has said its last word on it."""

    # Gets each piece of the text; None once nobody waits for the answer.
    on_text: Callable[[str], Awaitable[None]] | None
    ended: asyncio.Future[hear.Ended | hear.Broke] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def end(self, outcome: hear.Ended | hear.Broke) -> None:
        """Set the result, once."""
        if not self.ended.done():
            self.ended.set_result(outcome)


class Upstream:
    """The socket of one session. `run` keeps it open; `ask` may be called at any time.

    `load` brings the items of the conversation, `tell` takes events. Only one `ask` at a time.
    """

    def __init__(
        self,
        fields: Payload,
        load: Callable[[], Awaitable[list[Payload]]],
        tell: Callable[[Event], Awaitable[None]],
    ) -> None:
        self._fields = fields
        self._load = load
        self._tell = tell
        # The open socket; None between two.
        self._connection: AsyncResponsesConnection | None = None
        # What that socket holds; None if nothing, or nothing we may count on.
        self._baseline: history.Baseline | None = None
        # The request on the wire, also one that was dropped and not yet at its end.
        self._answer: Answer | None = None
        # Set while the socket is open and its warm-up is over.
        self._ready = asyncio.Event()
        # Set while a question waits for a socket: no warm-up, no waiting between attempts.
        self._wanted = asyncio.Event()
        # Set when the API has refused our key: nothing will help until an operator does.
        self._forbidden = False

    async def run(self) -> None:
        """Keep a warm socket open. Ends by cancellation only."""
        attempt = 0
        while True:
            try:
                async with (
                    _client().responses.connect(
                        websocket_connection_options=CONNECTION_OPTIONS
                    ) as connection,
                    asyncio.TaskGroup() as tasks,
                ):
                    attempt = 0
                    self._forbidden = False
                    tasks.create_task(self._warm_up(connection))
                    await self._read(connection)
            except* InvalidStatus as refusals:
                self._refused(refusals)
            except* (OSError, TimeoutError, WebSocketException, OpenAIError) as errors:
                log.info("upstream.lost", reason=type(errors.exceptions[0]).__name__)
            message = hear.NOT_ALLOWED if self._forbidden else hear.UNREACHABLE
            await self._tell(ModelReachable(reachable=False, message=message))
            await self._pause(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])
            attempt += 1

    async def ask(self, request: int) -> None:
        """Ask for an answer to the conversation as it is now.

        Tells ModelSpoke as the text comes, and at last either ModelFinished or ModelFailed. If it
        is cancelled it tells nothing more, and nothing of this answer reaches a later one.
        """

        async def on_text(text: str) -> None:
            await self._tell(ModelSpoke(request, text))

        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                outcome = await self._ask(on_text)
        except TimeoutError:
            outcome = hear.Broke("timeout", hear.SILENT, may_retry=False)
        match outcome:
            case hear.Ended(response_id, items, cut_short):
                await self._tell(ModelFinished(request, response_id, items, cut_short))
            case hear.Broke(code, message, may_retry):
                log.warning("upstream.no_answer", code=code)
                await self._tell(ModelFailed(request, message, may_retry))

    async def _ask(self, on_text: Callable[[str], Awaitable[None]]) -> hear.Ended | hear.Broke:
        self._wanted.set()
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                # A dropped answer first comes to its end, or its socket does: on a socket, answers
                # carry no name.
                if self._answer:
                    await asyncio.shield(self._answer.ended)
                await self._ready.wait()
        except TimeoutError:
            message = hear.NOT_ALLOWED if self._forbidden else hear.UNREACHABLE
            return hear.Broke("unreachable", message, may_retry=False)
        finally:
            self._wanted.clear()
        items = await self._load()
        outcome = await self._exchange(items, on_text)
        if isinstance(outcome, hear.Broke) and outcome.code == hear.NOT_FOUND:
            # Generation did not start, so asking again with everything is safe.
            outcome = await self._exchange(items, on_text)
        return outcome

    async def _exchange(
        self,
        items: list[Payload],
        on_text: Callable[[str], Awaitable[None]] | None,
        *,
        generate: bool = True,
    ) -> hear.Ended | hear.Broke:
        """Send one request and wait for the API's last word on it."""
        connection = self._connection
        if connection is None:
            return LOST
        plan = history.plan(self._fields, items, self._baseline)
        frame = {"type": "response.create", **self._fields, "input": list(plan.input)}
        if plan.previous_response_id:
            frame["previous_response_id"] = plan.previous_response_id
        if not generate:
            frame["generate"] = False
        self._answer = answer = Answer(on_text)
        # Whatever goes wrong from here on, the socket no longer holds what we think.
        self._baseline = None
        try:
            await connection.send_raw(json.dumps(frame, ensure_ascii=False))
            outcome = await asyncio.shield(answer.ended)
        except (WebSocketException, OpenAIError):
            outcome = LOST
            answer.end(outcome)
        except asyncio.CancelledError:
            answer.on_text = None
            asyncio.get_running_loop().call_later(DRAIN_S, self._give_up, connection, answer)
            raise
        if isinstance(outcome, hear.Ended):
            self._baseline = history.advance(
                self._fields, items, outcome.response_id, outcome.items
            )
        return outcome

    def _give_up(self, connection: AsyncResponsesConnection, answer: Answer) -> None:
        if not answer.ended.done():
            self._closing = asyncio.ensure_future(connection.close())

    # One socket's life

    async def _read(self, connection: AsyncResponsesConnection) -> None:
        """Hear `connection` until it is gone; raises what the SDK raises then."""
        try:
            while True:
                await self._heard(await connection.recv_bytes())
        finally:
            self._ready.clear()
            self._connection = self._baseline = None
            if self._answer:
                self._answer.end(LOST)
                self._answer = None

    async def _warm_up(self, connection: AsyncResponsesConnection) -> None:
        """Let the API read instructions and history before the student asks. May fail quietly."""
        self._connection, self._baseline = connection, None
        items = await self._load()
        if not self._wanted.is_set() and not isinstance(history.next_step(items), history.RunCalls):
            try:
                async with asyncio.timeout(WARM_UP_TIMEOUT_S):
                    await self._exchange(items, None, generate=False)
            except TimeoutError:
                log.warning("upstream.warm_up_timeout")
        self._ready.set()
        await self._tell(ModelReachable(reachable=True))

    async def _heard(self, raw: bytes) -> None:
        answer = self._answer
        if answer is None:
            return
        match hear.hear(raw):
            case hear.Spoke(text):
                if answer.on_text:
                    await answer.on_text(text)
            case hear.Ended() | hear.Broke() as outcome:
                self._answer = None
                answer.end(outcome)
            case None:
                pass

    def _refused(self, refusals: ExceptionGroup[InvalidStatus]) -> None:
        [refusal] = refusals.exceptions
        assert isinstance(refusal, InvalidStatus)
        status = refusal.response.status_code
        self._forbidden = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        log.warning("upstream.refused", status=status)

    async def _pause(self, seconds: float) -> None:
        """Wait between two attempts, with jitter, unless a question waits."""
        try:
            async with asyncio.timeout(seconds * random.uniform(0.5, 1.0)):  # noqa: S311
                await self._wanted.wait()
            # Even then not in a tight loop.
            await asyncio.sleep(BACKOFF_S[0])
        except TimeoutError:
            pass


LOST: Final = hear.Broke("lost", hear.LOST, may_retry=True)


@functools.cache
def _client() -> AsyncOpenAI:
    """The process's client: keys, address and TLS settings, shared by all sockets."""
    return AsyncOpenAI(
        api_key=settings.OPENAI_API_KEY, base_url=settings.OPENAI_BASE_URL, max_retries=0
    )
