"""One student's socket to the Responses API, over its reconnects: the driver of `sansio.link`."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, assert_never

import structlog
from django.conf import settings
from openai import OpenAIError
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from tutor.protocol.calls import Payload
from tutor.protocol.events import Event, ModelReachable, ModelWarmed, Usage
from tutor.telemetry import fault
from tutor.turn import history
from tutor.upstream.client import note_outcome, openai_client, server
from tutor.upstream.connection import Connection
from tutor.upstream.context import Context
from tutor.upstream.facts_role import refused_roles
from tutor.upstream.refused_fields import refused_fields
from tutor.upstream.request import LOST, OnSteered, PendingRequest
from tutor.upstream.sansio import link_events, parse
from tutor.upstream.sansio.causes import Cause
from tutor.upstream.sansio.link import Link
from tutor.upstream.sansio.link_events import CloseReason
from tutor.upstream.sansio.recovery import Remedy
from tutor.upstream.sansio.steering import Steering
from tutor.upstream.transport import CONNECTION_OPTIONS, PausableConnection

log = structlog.get_logger()


class ReconnectingSocket:
    """Opened ahead, warmed up, replaced when lost or old, while `run` runs.

    A question is asked inside `question`: `route` says which way it has to go, and `ask` sends it.
    """

    def __init__(
        self,
        fields: Payload,
        context: Context,
        tell: Callable[[Event], Awaitable[None]],
        charge: Callable[[str, Usage], None],
    ) -> None:
        self._fields = fields
        self._context = context
        self._tell = tell
        self._charge = charge
        self._link = Link(_with_jitter)
        self._steering = Steering(fields["model"])
        # Set when the link has decided to dial, and when its timer may be another one.
        self._may_dial = asyncio.Event()
        self._timer_changed = asyncio.Event()
        # Gets the route of the question; None before the first one.
        self._route: asyncio.Future[link_events.Route] | None = None
        # How many questions there have been.
        self._questions = 0
        # The open socket; None between two.
        self._connection: Connection | None = None
        # The tasks that end with the last one; None before the first.
        self._tasks: asyncio.TaskGroup | None = None
        # The last look whether HTTP works; None before the first.
        self._probing: asyncio.Task[None] | None = None
        # The transport of the socket that was opened last, or is being opened.
        self._transport: PausableConnection | None = None
        # The closing of it, held so that it is not collected; None before the first.
        self._closing: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Keep a warm socket open. Ends by cancellation only."""
        self._note(link_events.Started())
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._ring())
                while True:
                    await self._may_dial.wait()
                    self._may_dial.clear()
                    pause_s = server().websocket_pause_s()
                    known = link_events.NoWebSocket(pause_s) if pause_s else None
                    await self._feed(known or await self._keep_open())
        finally:
            if self._probing:
                self._probing.cancel()

    # For whoever asks

    @contextlib.contextmanager
    def question(self) -> Iterator[None]:
        """A question is asked in the block. One that ends late takes nothing from the next one."""
        self._questions += 1
        number = self._questions
        self._note(link_events.QuestionCame())
        try:
            yield
        finally:
            if number == self._questions:
                self._note(link_events.QuestionOver())

    async def route(self) -> link_events.Route:
        """The route of the question, as soon as one is free; within READY_TIMEOUT_S."""
        self._route = asyncio.get_running_loop().create_future()
        self._note(link_events.RouteSought())
        return await self._route

    async def ask(
        self, items: list[Payload], take: Callable[[str], bool], on_steered: OnSteered
    ) -> tuple[PendingRequest, parse.Outcome]:
        """The request for an answer to `items`, and the API's last word on it. See Connection."""
        connection = self._connection
        if connection is None or not self._link.can_send:
            # It was replaced while we looked at the rows.
            return PendingRequest(items), LOST
        request = connection.question(items, take, on_steered)
        return request, await connection.exchange(request)

    async def answered_over_http(self, *, answered: bool) -> None:
        """The question that was routed over HTTP was answered, or was not."""
        await self._feed(link_events.HttpEnded(answered))

    def expect_steering(self, question: int) -> None:
        """Messages for this question may come, also before a response to it begins."""
        self._steering.begin(question)

    async def steer(self, question: int, name: str, message: Payload) -> None:
        """Tell the model a message as soon as it answers the question, if that is possible."""
        self._steering.add(question, name, message)
        if self._connection:
            await self._connection.send_unsent()

    # What the link decides

    def _decide(self, event: link_events.Event) -> list[ModelReachable]:
        """Do all that is decided; what is to be told to the session is left to the caller."""
        announcements = []
        for decision in self._link.handle(event, asyncio.get_running_loop().time()):
            match decision:
                case link_events.Dial():
                    self._may_dial.set()
                case link_events.Probe():
                    self._probing = asyncio.create_task(self._probe())
                case link_events.NoteNoWebSocket():
                    server().note_no_websocket()
                case link_events.NoteForbidden(status):
                    server().report(str(status))
                case link_events.WarmUp() | link_events.Close():
                    self._order(decision)
                case link_events.Announce(reachable, message):
                    announcements.append(ModelReachable(reachable, message))
                case link_events.Ask(route):
                    if self._route and not self._route.done():
                        self._route.set_result(route)
                case _:
                    assert_never(decision)
        self._timer_changed.set()
        return announcements

    def _order(self, decision: link_events.WarmUp | link_events.Close) -> None:
        """Do what is decided of the open socket."""
        assert self._connection
        match decision:
            case link_events.WarmUp():
                assert self._tasks
                self._tasks.create_task(self._warm_up(self._connection))
            case link_events.Close(reason):
                self._closing = asyncio.ensure_future(self._connection.close())
                if reason is CloseReason.SILENT:
                    log.warning("upstream.warm_up_timeout")
            case _:
                assert_never(decision)

    async def _feed(self, event: link_events.Event) -> None:
        for announcement in self._decide(event):
            await self._tell(announcement)

    def _note(self, event: link_events.Event) -> None:
        """Feed an event of which the session is told nothing."""
        announcements = self._decide(event)
        assert not announcements

    async def _probe(self) -> None:
        await self._feed(link_events.Probed(await server().reach()))

    async def _ring(self) -> None:
        """Tell the link the time whenever its timer is due."""
        while True:
            self._timer_changed.clear()
            try:
                async with asyncio.timeout_at(self._link.timer):
                    await self._timer_changed.wait()
            except TimeoutError:
                await self._feed(link_events.Rang())

    # One socket's life

    async def _keep_open(self) -> link_events.Refused | link_events.Lost:
        """Open a socket, and read it until it is gone."""
        # Any: the SDK's type lacks most of what it passes on.
        options: Any = {**CONNECTION_OPTIONS, "create_connection": self._make_transport}
        end: link_events.Refused | link_events.Lost = link_events.Lost()
        transport: PausableConnection | None = None
        try:
            async with (
                openai_client().responses.connect(websocket_connection_options=options) as opened,
                asyncio.TaskGroup() as self._tasks,
            ):
                transport = self._transport
                assert transport
                connection = Connection(
                    self._fields, opened, transport, self._steering, self._note, self._charge
                )
                self._connection = connection
                limits = settings.UPSTREAM_ROTATE_S, settings.UPSTREAM_IDLE_S
                self._note(link_events.Opened(*limits))
                server().note_websocket()
                try:
                    await connection.read()
                finally:
                    self._connection = None
        except* InvalidStatus as refusals:
            [refusal] = refusals.exceptions
            assert isinstance(refusal, InvalidStatus)
            end = link_events.Refused(refusal.response.status_code)
            log.info("upstream.refused", status=end.status)
        except* Exception as errors:  # noqa: BLE001  # a session that ends for it comes again
            self._log_loss(errors.exceptions[0])
        finally:
            if transport:
                transport.abort()
        return end

    def _make_transport(self, *args: Any, **options: Any) -> PausableConnection:
        self._transport = PausableConnection(*args, **options)
        return self._transport

    def _log_loss(self, error: Exception) -> None:
        if not isinstance(error, OSError | TimeoutError | WebSocketException | OpenAIError):
            log.error("upstream.fault", **fault(error))
        closed = error.rcvd if isinstance(error, ConnectionClosed) else None
        ours = self._link.close_reason
        reason = ours.value if ours else type(error).__name__
        log.info("upstream.closed", reason=reason, code=closed.code if closed else None)

    async def _warm_up(self, connection: Connection) -> None:
        """Let the API read instructions and history before the student asks. May fail quietly."""
        items = await self._context.items()
        left_behind = isinstance(history.next_step(items), history.RunCalls)
        if self._link.may_warm_up and not left_behind:
            warm_up = connection.warm_up(items)
            outcome = await connection.exchange(warm_up, generate=False)
            note_outcome(outcome)
            if isinstance(outcome, parse.ResponseDone):
                await self._tell(ModelWarmed(outcome.response_id, outcome.usage))
            # The question need not find that out again.
            elif outcome.cause is Cause.FIELD:
                refused_fields().note(warm_up.fields, outcome.param)
            elif outcome.cause is Cause.ROLE:
                refused_roles().note(warm_up.items)
            elif outcome.cause is Cause.SEALED:
                await self._context.apply(Remedy.UNSEALED, items)
        await self._feed(link_events.Prepared())


def _with_jitter(seconds: float) -> float:
    return seconds * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
