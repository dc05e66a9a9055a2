"""One request under way, and the successors that steering brings, until the API's last word."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, assert_never

from tutor.protocol.calls import Payload
from tutor.protocol.events import ResponseKind, Usage
from tutor.upstream.delta_buffer import DeltaBuffer
from tutor.upstream.measure import Measure
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.output import Output, readable
from tutor.upstream.sansio.responses import Responses

# The socket broke, or the response on it.
LOST: Final = parse.ResponseFailed("lost", parse.LOST, may_retry=True)
# Two responses at a time: what was shown of one is not mixed with the other.
MIXED: Final = parse.ResponseFailed("mixed", parse.LOST, may_retry=True)
# Another response has ended, and ours says nothing any more.
NOT_OURS: Final = parse.ResponseFailed("not_ours", parse.LOST, may_retry=True)
# A response has ended to which the server gave no name: nothing could be stored under it.
NAMELESS: Final = parse.ResponseFailed("nameless", parse.LOST, may_retry=True)

Steer = tuple[str, Payload]  # the client's id of a message, and the message
OnSteered = Callable[[parse.ResponseDone], Awaitable[None]]


class PendingRequest:
    """All that the API says about one request.

    A response that is steered ends early, and the API goes on by itself with another one, which
    has heard the student: for us it is the same answer.

    Events name their response only where it begins and ends. What comes before the beginning is
    nobody's, on a socket whose server says where that is; so is the end of any other response. Only
    if nothing begins is the end taken that there is, and only if nothing follows is another's end
    the sign that ours is lost: see `provisional_end`. Over HTTP it `has_own_stream`: all is ours.
    """

    def __init__(
        self,
        items: list[Payload],
        deltas: DeltaBuffer | None = None,
        on_steered: OnSteered | None = None,
        responses: Responses | None = None,
        *,
        has_own_stream: bool = False,
    ) -> None:
        # All that the model has been sent when it writes the present response.
        self.items = items
        # And under which fields; none before it is sent.
        self.fields: Payload = {}
        # Whether only a part of that was sent, what is new since another response.
        self.is_continuation = False
        # Gets its result with the API's last word.
        self.outcome: asyncio.Future[parse.Outcome] = asyncio.get_running_loop().create_future()
        # The response that is being written; empty before the API has named it.
        self.response_id = ""
        # A response that is over while the fate of what it was steered with is open.
        self.superseded: parse.ResponseDone | None = None
        # The end of a response that has not begun, where all others did, or that is over already;
        # NOT_OURS once a response has ended that is not the one that has begun.
        self.unmatched_end: parse.Outcome | None = None
        # Responses that began before the present one and were not meant for us, as it seemed.
        self._displaced: set[str] = set()
        self._has_own_stream = has_own_stream
        # The id of such a response that has begun once more.
        self._repeated_id = ""
        # The other responses of the socket.
        self._responses = responses or Responses()
        # What the present response has said.
        self._output = Output()
        # Whether the model is to say anything; a warm-up may end without having begun.
        self._generates = deltas is not None
        # The way of the text; None if nobody waits for it.
        self._deltas = deltas
        self._on_steered = on_steered
        self._measure = Measure(over_http=has_own_stream)
        # Whether nobody waits any more.
        self.is_abandoned = False
        # Messages that were steered in: sent, and accepted under the API's name for it.
        self._sent: deque[Steer] = deque()
        self._accepted: list[tuple[str, Steer]] = []

    @property
    def awaits_steering(self) -> bool:
        """Whether the API has yet to say what becomes of a message."""
        return bool(self._sent or self._accepted)

    @property
    def is_steerable(self) -> bool:
        """Whether a response is being written for somebody."""
        return bool(self._deltas and self.response_id and not self.superseded)

    def add_steer(self, steer: Steer) -> None:
        """A message was sent to the present response."""
        self._sent.append(steer)

    def abandon(self) -> None:
        """Nobody waits any more; whatever still comes is only drained."""
        if self._deltas:
            self._deltas.close()
        self._deltas = self._on_steered = None
        self.is_abandoned = True

    def usage(self, end: parse.Outcome, kind: ResponseKind) -> Usage:
        """The cost of the present response, which has come to this end."""
        cut_short = end.cut_short if isinstance(end, parse.ResponseDone) else ""
        return self._measure.usage(end.usage, self.fields, kind, cut_short)

    @property
    def dropped(self) -> tuple[str, Usage] | None:
        """The present response, by name, and its cost so far as somebody who does not wait for it;
        None if none has begun.
        """
        end = self.outcome.result() if self.outcome.done() else LOST
        name = self.response_id or end.response_id
        return (name, self.usage(end, ResponseKind.DROPPED)) if name else None

    def finish(self, outcome: parse.Outcome) -> None:
        """Set the outcome, once. A response that is whole counts, whatever broke behind it."""
        if isinstance(outcome, parse.ResponseFailed) and self.superseded:
            outcome = self.superseded
        if self._deltas:
            self._deltas.flush()
            self._deltas.close()
        if not self.outcome.done():
            self.outcome.set_result(outcome)

    @property
    def provisional_end(self) -> parse.Outcome | None:
        """The end that counts if nothing follows it soon."""
        return self.superseded or self.unmatched_end

    @property
    def is_ambiguous(self) -> bool:
        """Whether the server may have more to say, though the answer has ended."""
        end = self.outcome.result()
        codes = (MIXED.code, parse.MALFORMED.code)
        return isinstance(end, parse.ResponseFailed) and end.code in codes

    def finish_unsteered(self) -> None:
        """Take the provisional end; messages that were steered in are not answered with it."""
        if last := self.provisional_end:
            self.finish(last)

    def implied_end(self) -> parse.Outcome | None:
        """The end of a response whose stream is over as a whole; None if nothing was said."""
        if not self.response_id or self._output.is_empty:
            return None
        return self._whole(parse.ResponseDone(self.response_id, ()))

    async def receive(self, event: parse.ServerEvent) -> None:
        """Take an event in. Waits while the session takes no text."""
        match event:
            case parse.TextDelta() | parse.ItemDone() if self.superseded:
                return
            case parse.ResponseDone() | parse.ResponseFailed() if self._is_anothers(event):
                self._doubt_ours(event.response_id)
                return
        self.note_progress()
        match event:
            case parse.TextDelta(text):
                self._output.add_text(text)
                if self._deltas and not self._is_unsure:
                    self._measure.note_word()
                    await self._deltas.add(text)
            case parse.ItemDone():
                self._output.add(event)
            case parse.ResponseCreated(response_id):
                await self._receive_created(response_id)
            case parse.ResponseDone() | parse.ResponseFailed():
                self._receive_end(event)
            case parse.SteerAccepted() | parse.SteerFailed() | parse.SteerPending():
                self._receive_steer(event)
            case _:
                assert_never(event)

    @property
    def _is_unsure(self) -> bool:
        """Whether what is said now is perhaps not said to us: ours has yet to begin."""
        return self._generates and self._responses.announce_responses and not self.response_id

    def note_progress(self) -> None:
        """An event came that may be ours: our response is not lost yet."""
        end = self.unmatched_end
        if isinstance(end, parse.ResponseFailed) and end.code == NOT_OURS.code:
            self.unmatched_end = None

    def _doubt_ours(self, other: str) -> None:
        """Another response has ended. Is it not just said again, the server may mean ours."""
        is_again = self._responses.has_ended(other) and other not in self._displaced
        if self.response_id and not is_again:
            # Another object each time: whoever waits with it waits anew.
            self.unmatched_end = replace(NOT_OURS)

    def _is_anothers(self, end: parse.Outcome) -> bool:
        name = end.response_id
        if not name or self._has_own_stream:
            return False
        if self.response_id:
            return bool(self.superseded) or name != self.response_id
        return name != self._repeated_id and self._responses.has_ended(name)

    async def _receive_created(self, response_id: str) -> None:
        if response_id == self.response_id:
            return
        if self._has_own_stream and self.response_id:
            if not self._output.is_empty:
                self.finish(MIXED)  # it begins once more, and half of it was shown
            return
        if self._responses.is_repeated(response_id):
            self._doubt(response_id)
            return
        if self.superseded:
            await self._continue_with_successor(self.superseded)
        elif self._is_unsure:
            self._output = Output()
        elif not self._output.is_empty:
            self.finish(MIXED)
            return
        # What began before it, and has said nothing, was not meant for us.
        if self.response_id:
            self._displaced.add(self.response_id)
        self._responses.mark_ended(self.response_id)
        self._responses.announce_responses = True
        self.response_id = response_id
        if self.unmatched_end and self.unmatched_end.response_id != response_id:
            self.unmatched_end = None

    def _doubt(self, response_id: str) -> None:
        """A response that is over begins: said again, or another one of the same id."""
        if self._is_unsure:
            self._repeated_id, self._output = response_id, Output()

    def _receive_end(self, end: parse.Outcome) -> None:
        if end == parse.MALFORMED and self._output.has_items and self.response_id:
            # What was said whole is not lost with an end that cannot be read.
            end = parse.ResponseDone(self.response_id, ())
        may_be_late = isinstance(end, parse.ResponseDone) or bool(end.response_id)
        if isinstance(end, parse.ResponseDone):
            end = self._whole(end)
        if self._is_unsure and may_be_late:
            self.unmatched_end = self.unmatched_end or end
            return
        self._responses.mark_ended(end.response_id)
        if isinstance(end, parse.ResponseDone) and self.awaits_steering:
            self.superseded = end
        else:
            self.finish(end)

    def _whole(self, end: parse.ResponseDone) -> parse.Outcome:
        """The end with all that is known of its items, and under a name."""
        name = end.response_id or self.response_id
        items = self._output.merged(end.items)
        if not all(items):
            items = readable(items)
            if not items:
                return replace(parse.MALFORMED, ends_response=True, response_id=name)
        if not name:
            return NAMELESS
        kind = ResponseKind.ANSWER if self._generates else ResponseKind.WARM_UP
        return replace(end, response_id=name, items=items, usage=self.usage(end, kind))

    def _receive_steer(
        self, event: parse.SteerAccepted | parse.SteerFailed | parse.SteerPending
    ) -> None:
        match event:
            case parse.SteerAccepted(name) if self._sent:
                self._accepted.append((name, self._sent.popleft()))
            case parse.SteerFailed(name):
                self._take_back(name)
                if self.superseded and not self.awaits_steering:
                    self.finish(self.superseded)
            case parse.SteerPending() if self.superseded:
                self.finish(self._with_delivered(self.superseded))

    def _take_back(self, name: str) -> None:
        """What was refused was accepted under this name, or else is what was sent first."""
        for number, (accepted, _) in enumerate(self._accepted):
            if accepted == name:
                del self._accepted[number]
                return
        if self._sent:
            self._sent.popleft()

    async def _continue_with_successor(self, over: parse.ResponseDone) -> None:
        steered = self._with_delivered(over)
        self.items = [*self.items, *steered.items, *steered.delivered.values()]
        self.superseded, self._accepted = None, []
        self._output, self._measure = Output(), Measure()
        if self._deltas:
            self._deltas.flush()
            self._deltas.discard()
        if self._on_steered:
            await self._on_steered(steered)

    def _with_delivered(self, over: parse.ResponseDone) -> parse.ResponseDone:
        return replace(over, delivered=dict(steer for _, steer in self._accepted))
