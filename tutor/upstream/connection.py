"""One open socket: requests out, one at a time, and the API's events in."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog
from openai import OpenAIError
from openai.resources.responses.responses import AsyncResponsesConnection
from websockets.exceptions import WebSocketException

from tutor.protocol.calls import Payload
from tutor.protocol.events import Usage
from tutor.telemetry import plain
from tutor.turn import history
from tutor.upstream import facts_role
from tutor.upstream.delta_buffer import DeltaBuffer
from tutor.upstream.refused_fields import refused_fields
from tutor.upstream.request import LOST, OnSteered, PendingRequest
from tutor.upstream.sansio import link_events, parse
from tutor.upstream.sansio.causes import Cause
from tutor.upstream.sansio.link_events import CloseReason
from tutor.upstream.sansio.responses import Responses
from tutor.upstream.sansio.steering import Steering
from tutor.upstream.transport import PausableConnection

log = structlog.get_logger()

# A socket that takes nothing for so long is given up: somebody waits for the session meanwhile.
STEER_S: Final = 1.0
# How long after an end what follows it may begin: see PendingRequest.provisional_end.
SUCCESSOR_S: Final = 5.0
# A larger frame makes the API close the socket (1009) without a word: 16 MiB, and some reserve.
MAX_FRAME_BYTES: Final = 15 * 1024 * 1024


class Connection:
    """A socket from its handshake on. `note` is told what becomes of it and of its requests,
    `charge` what responses cost that are of no use to anybody.
    """

    def __init__(
        self,
        fields: Payload,
        opened: AsyncResponsesConnection,
        transport: PausableConnection,
        steering: Steering,
        note: Callable[[link_events.Event], None],
        charge: Callable[[str, Usage], None],
    ) -> None:
        self._fields = fields
        self._opened = opened
        self._transport = transport
        self._steering = steering
        self._note = note
        # Told the cost of a response for which nobody waits any more.
        self._charge = charge
        # What the socket holds; None if nothing, or nothing we may count on.
        self._baseline: history.Baseline | None = None
        # The request on it, also one that was abandoned and is not yet at its end.
        self._request: PendingRequest | None = None
        self._responses = Responses()
        # Events that we do not know.
        self._unknown_events = 0
        self._is_over = False

    def question(
        self, items: list[Payload], take: Callable[[str], bool], on_steered: OnSteered
    ) -> PendingRequest:
        """A request for an answer to `items`, to be exchanged over this socket."""
        deltas = DeltaBuffer(take, self._transport.pause_reading, self._transport.resume_reading)
        return PendingRequest(items, deltas, on_steered, self._responses)

    def warm_up(self, items: list[Payload]) -> PendingRequest:
        """A request that only lets the API read `items`."""
        return PendingRequest(items, responses=self._responses)

    async def exchange(self, request: PendingRequest, *, generate: bool = True) -> parse.Outcome:
        """Send the request and wait for the API's last word on it.

        Cancelled, the request is abandoned: what still comes of it reaches nobody.
        """
        frame = self._frame(request, generate=generate)
        if len(frame) > MAX_FRAME_BYTES:
            return parse.TOO_LARGE
        self._request = request
        # Whatever goes wrong from here on, the socket no longer holds what we think.
        self._baseline = None
        self._note(link_events.Sent(is_warm_up=not generate))
        try:
            await self._opened.send_raw(frame.decode())  # bytes would go out as a binary frame
            outcome = await asyncio.shield(request.outcome)
        except (WebSocketException, OpenAIError):
            outcome = LOST
            request.finish(outcome)
        except asyncio.CancelledError:
            request.abandon()
            if request.outcome.done():
                self._charge_dropped(request)
            if self._request is request:
                self._note(link_events.Abandoned())
            raise
        if isinstance(outcome, parse.ResponseDone) and outcome.cut_short != parse.STEERED:
            output = (*outcome.items, *outcome.delivered.values())
            self._baseline = history.advance(
                request.fields, request.items, outcome.response_id, output
            )
        return outcome

    async def send_unsent(self) -> None:
        """Tell the response that is being written all that waits for one."""
        request = self._request
        while request and request.is_steerable and (message := self._steering.pop()):
            request.add_steer(message)
            frame = {
                "type": "response.steer",
                "previous_response_id": request.response_id,
                "input": [message[1]],
            }
            text = _json(frame)
            log.info("upstream.steer", bytes=len(text), response=plain(request.response_id))
            try:
                async with asyncio.timeout(STEER_S):
                    await self._opened.send_raw(text.decode())
            except TimeoutError:
                self._give_up(CloseReason.STUCK)
                return
            except (WebSocketException, OpenAIError):
                return  # the request is told that the socket is lost, by whoever reads it

    async def read(self) -> None:
        """Take in what comes until the socket is gone; raises what the SDK raises then."""
        try:
            while True:
                await self._receive(await self._opened.recv_bytes())
        finally:
            if self._unknown_events:
                log.info("upstream.unknown_events", count=self._unknown_events)
            self._is_over = True
            if self._request:
                self._request.finish(LOST)
                self._end(self._request)
            self._note(link_events.ReadEnded())

    async def close(self) -> None:
        """Close the socket; `read` ends with it."""
        await self._opened.close()

    # What comes in

    async def _receive(self, raw: bytes) -> None:
        event = parse.parse_event(raw, time.time())
        if isinstance(event, parse.UnknownEvent):
            self._unknown_events += 1
            return
        if isinstance(event, parse.ResponseFailed) and event.cause is Cause.SOCKET_TOO_OLD:
            # It may come at any time, also on an idle socket.
            self._give_up(CloseReason.TOO_OLD)
        request = self._request
        if request is None:
            return
        if event is None:
            request.note_progress()
            return
        if (
            isinstance(event, parse.ResponseFailed)
            and request.response_id
            and not event.ends_response
        ):
            # What that response may still say belongs to nobody.
            self._give_up(CloseReason.ERROR)
            if request.awaits_steering:
                # It may be our message that it did not understand.
                self._steering.is_supported = False
                event = replace(event, may_retry=True)
        await self._pass_on(request, event)
        if isinstance(event, parse.SteerFailed) and event.code == parse.STEERING_NOT_SUPPORTED:
            self._steering.is_supported = False
        if isinstance(event, parse.ResponseCreated):
            await self.send_unsent()

    async def _pass_on(self, request: PendingRequest, event: parse.ServerEvent) -> None:
        before = request.provisional_end
        await request.receive(event)
        last = request.provisional_end
        if request.outcome.done():
            if request.is_ambiguous:
                self._give_up(CloseReason.UNCLEAR)
            self._end(request)
        elif last and last is not before:
            loop = asyncio.get_running_loop()
            loop.call_later(SUCCESSOR_S, self._give_up_successor, request, last)

    def _give_up_successor(self, request: PendingRequest, last: object) -> None:
        """Take the provisional end: the API has not said what follows it."""
        if request.provisional_end is last and not request.outcome.done():
            # What it would still say belongs to nobody.
            self._give_up(CloseReason.NO_SUCCESSOR)
            request.finish_unsteered()
            self._end(request)

    def _end(self, request: PendingRequest) -> None:
        """The request on the socket has ended."""
        self._request = None
        if request.is_abandoned:
            self._charge_dropped(request)
        self._note(link_events.Ended(isinstance(request.outcome.result(), parse.ResponseDone)))

    def _charge_dropped(self, request: PendingRequest) -> None:
        if request.dropped:
            self._charge(*request.dropped)

    def _give_up(self, reason: CloseReason) -> None:
        if not self._is_over:
            self._note(link_events.Unusable(reason))

    def _frame(self, request: PendingRequest, *, generate: bool) -> bytes:
        """The request: only what is new if the socket holds the rest, else everything."""
        request.fields = facts_role.with_current(refused_fields().without(self._fields))
        plan = history.plan(request.fields, request.items, self._baseline)
        request.is_continuation = plan.previous_response_id is not None
        frame = {"type": "response.create", **request.fields, "input": list(plan.input)}
        if plan.previous_response_id:
            frame["previous_response_id"] = plan.previous_response_id
        if not generate:
            frame["generate"] = False
        text = _json(frame)
        log.info("upstream.send", bytes=len(text), items=len(plan.input), generate=generate)
        return text


def _json(frame: Payload) -> bytes:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()
