"""One request under way, and the successors that steering brings, until the API's last word."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, assert_never

from tutor.protocol.events import Payload
from tutor.upstream.delta_buffer import Pieces
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.output import Output, readable
from tutor.upstream.sansio.responses import Responses

# The socket broke, or the response on it.
LOST: Final = parse.Broke("lost", parse.LOST, may_retry=True)
# Two responses at a time: what was shown of one is not mixed with the other.
MIXED: Final = parse.Broke("mixed", parse.LOST, may_retry=True)
# Another response has ended, and ours says nothing any more.
NOT_OURS: Final = parse.Broke("not_ours", parse.LOST, may_retry=True)
# A response has ended to which the server gave no name: nothing could be stored under it.
NAMELESS: Final = parse.Broke("nameless", parse.LOST, may_retry=True)

Steer = tuple[str, Payload]  # the client's id of a message, and the message
OnSteered = Callable[[parse.Ended], Awaitable[None]]


class Answer:
    """What the API says about one request.

    A response that is steered ends early, and the API goes on by itself with another one, which
    has heard the student: for us it is the same answer.

    Events name their response only where it begins and ends. What comes before the beginning is
    nobody's, on a socket whose server says where that is; so is the end of any other response. Only
    if nothing begins is the end taken that there is, and only if nothing follows is another's end
    the sign that ours is lost: see `waits_with`. Over HTTP, where it `is_alone`, all that comes is
    ours.
    """

    def __init__(
        self,
        items: list[Payload],
        pieces: Pieces | None = None,
        on_steered: OnSteered | None = None,
        responses: Responses | None = None,
        *,
        is_alone: bool = False,
    ) -> None:
        # What the API has been told when it writes the present response.
        self.items = items
        # Whether it was told so as what is new since another response.
        self.continues = False
        # Gets its result with the API's last word.
        self.ended: asyncio.Future[parse.Ended | parse.Broke] = (
            asyncio.get_running_loop().create_future()
        )
        # Set at the first event that says anything.
        self.heard = asyncio.Event()
        # The response that is being written; empty before the API has named it.
        self.response_id = ""
        # A response that is over while the fate of what it was steered with is open.
        self.held: parse.Ended | None = None
        # The end of a response that has not begun, where all others did, or that is over already;
        # NOT_OURS once a response has ended that is not the one that has begun.
        self.doubtful: parse.Ended | parse.Broke | None = None
        # Responses that began before the present one and were not meant for us, as it seemed.
        self._displaced: set[str] = set()
        self._is_alone = is_alone
        # The id of such a response that has begun once more.
        self._old_id = ""
        # The other responses of the socket.
        self._responses = responses or Responses()
        # What the present response has said.
        self._output = Output()
        # Whether the model is to say anything; a warm-up may end without having begun.
        self._generates = pieces is not None
        # The way of the text; None if nobody waits for it.
        self._pieces = pieces
        self._on_steered = on_steered
        # What was said to the response: sent, and of that, with the API's name, accepted.
        self._sent: deque[Steer] = deque()
        self._accepted: list[tuple[str, Steer]] = []

    @property
    def is_steered(self) -> bool:
        """Whether the API has yet to say what becomes of a message."""
        return bool(self._sent or self._accepted)

    @property
    def can_be_steered(self) -> bool:
        """Whether a response is being written for somebody."""
        return bool(self._pieces and self.response_id and not self.held)

    def steered(self, steer: Steer) -> None:
        """A message was sent to the present response."""
        self._sent.append(steer)

    def drop(self) -> None:
        """Nobody waits any more; what still comes is only drained."""
        if self._pieces:
            self._pieces.close()
        self._pieces = self._on_steered = None

    def end(self, outcome: parse.Ended | parse.Broke) -> None:
        """Set the result, once. A response that is whole counts, whatever broke behind it."""
        if isinstance(outcome, parse.Broke) and self.held:
            outcome = self.held
        if self._pieces:
            self._pieces.flush()
            self._pieces.close()
        if not self.ended.done():
            self.ended.set_result(outcome)

    @property
    def waits_with(self) -> parse.Ended | parse.Broke | None:
        """The end that counts if nothing follows it soon."""
        return self.held or self.doubtful

    @property
    def is_unclear(self) -> bool:
        """Whether the server may have more to say, though the answer has ended."""
        end = self.ended.result()
        return isinstance(end, parse.Broke) and end.code in (MIXED.code, parse.MALFORMED.code)

    def give_up_waiting(self) -> None:
        """Take the end that is there: what it was steered with waits on."""
        if last := self.waits_with:
            self.end(last)

    async def take_in(self, heard: parse.Heard) -> None:
        """Take in what the API said."""
        match heard:
            case parse.Spoke() | parse.ItemDone() if self.held:
                return
            case parse.Ended() | parse.Broke() if self._is_anothers(heard):
                self._doubt_ours(heard.response_id)
                return
        self.goes_on()
        if not self._is_unsure:
            self.heard.set()
        match heard:
            case parse.Spoke(text):
                self._output.speak(text)
                if self._pieces and not self._is_unsure:
                    await self._pieces.add(text)
            case parse.ItemDone():
                self._output.add(heard)
            case parse.Began(response_id):
                await self._begin(response_id)
            case parse.Ended() | parse.Broke():
                self._finish(heard)
            case parse.SteerAccepted() | parse.SteerRefused() | parse.SteerPending():
                self._hear_of_steer(heard)
            case _:
                assert_never(heard)

    @property
    def _is_unsure(self) -> bool:
        """Whether what is said now is perhaps not said to us: ours has yet to begin."""
        return self._generates and self._responses.are_named and not self.response_id

    def goes_on(self) -> None:
        """Something was said that may be ours."""
        if isinstance(self.doubtful, parse.Broke) and self.doubtful.code == NOT_OURS.code:
            self.doubtful = None

    def _doubt_ours(self, other: str) -> None:
        """Another response has ended. Is it not just said again, the server may mean ours."""
        is_again = self._responses.has_ended(other) and other not in self._displaced
        if self.response_id and not is_again:
            # Another object each time: whoever waits with it waits anew.
            self.doubtful = replace(NOT_OURS)

    def _is_anothers(self, end: parse.Ended | parse.Broke) -> bool:
        name = end.response_id
        if not name or self._is_alone:
            return False
        if self.response_id:
            return bool(self.held) or name != self.response_id
        return name != self._old_id and self._responses.has_ended(name)

    async def _begin(self, response_id: str) -> None:
        if response_id == self.response_id or (self._is_alone and self.response_id):
            return
        if self._responses.is_old(response_id):
            self._doubt(response_id)
            return
        if self.held:
            await self._go_on(self.held)
        elif self._is_unsure:
            self._output = Output()
        elif not self._output.is_empty:
            self.end(MIXED)
            return
        # What began before it, and has said nothing, was not meant for us.
        if self.response_id:
            self._displaced.add(self.response_id)
        self._responses.end(self.response_id)
        self._responses.are_named = True
        self.response_id = response_id
        if self.doubtful and self.doubtful.response_id != response_id:
            self.doubtful = None

    def _doubt(self, response_id: str) -> None:
        """A response that is over begins: said again, or another one of the same id."""
        if self._is_unsure:
            self._old_id, self._output = response_id, Output()

    def _finish(self, end: parse.Ended | parse.Broke) -> None:
        may_be_late = isinstance(end, parse.Ended) or bool(end.response_id)
        if isinstance(end, parse.Ended):
            end = self._whole(end)
        if self._is_unsure and may_be_late:
            self.doubtful = self.doubtful or end
            return
        self._responses.end(end.response_id)
        if isinstance(end, parse.Ended) and self.is_steered:
            self.held = end
        else:
            self.end(end)

    def _whole(self, end: parse.Ended) -> parse.Ended | parse.Broke:
        """The end with all that is known of its items, and under a name."""
        name = end.response_id or self.response_id
        items = self._output.merged(end.items)
        if not all(items):
            items = readable(items)
            if not items:
                return replace(parse.MALFORMED, of_response=True, response_id=name)
        return replace(end, response_id=name, items=items) if name else NAMELESS

    def _hear_of_steer(
        self, heard: parse.SteerAccepted | parse.SteerRefused | parse.SteerPending
    ) -> None:
        match heard:
            case parse.SteerAccepted(name) if self._sent:
                self._accepted.append((name, self._sent.popleft()))
            case parse.SteerRefused(name):
                self._take_back(name)
                if self.held and not self.is_steered:
                    self.end(self.held)
            case parse.SteerPending() if self.held:
                self.end(self._with_told(self.held))

    def _take_back(self, name: str) -> None:
        """What was refused was accepted under this name, or else is what was sent first."""
        for number, (accepted, _) in enumerate(self._accepted):
            if accepted == name:
                del self._accepted[number]
                return
        if self._sent:
            self._sent.popleft()

    async def _go_on(self, over: parse.Ended) -> None:
        told = self._with_told(over)
        self.items = [*self.items, *told.items, *told.told.values()]
        self.held, self._accepted = None, []
        self._output = Output()
        if self._pieces:
            self._pieces.flush()
            self._pieces.drop()
        if self._on_steered:
            await self._on_steered(told)

    def _with_told(self, over: parse.Ended) -> parse.Ended:
        return replace(over, told=dict(steer for _, steer in self._accepted))
