"""One request under way, and the successors that steering brings, until the API's last word."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import assert_never

from tutor.events import Payload
from tutor.upstream import hear
from tutor.upstream.pieces import Pieces

Steer = tuple[str, Payload]  # the client's id of a message, and the message
OnSteered = Callable[[hear.Ended], Awaitable[None]]


class Answer:
    """What the socket says about one request.

    A response that is steered ends early, and the API goes on by itself with another one, which
    has heard the student: for us it is the same answer.
    """

    def __init__(
        self,
        items: list[Payload],
        pieces: Pieces | None = None,
        on_steered: OnSteered | None = None,
    ) -> None:
        # What the API has been told when it writes the present response.
        self.items = items
        # Gets its result with the API's last word.
        self.ended: asyncio.Future[hear.Ended | hear.Broke] = (
            asyncio.get_running_loop().create_future()
        )
        # Set at the first event that says anything.
        self.heard = asyncio.Event()
        # The response that is being written; empty before the API has named it.
        self.response_id = ""
        # A response that is over while the fate of what it was steered with is open.
        self.held: hear.Ended | None = None
        # The way of the text; None if nobody waits for it.
        self._pieces = pieces
        self._on_steered = on_steered
        # What was said to the response: sent, and of that, by the API's name, accepted.
        self._sent: deque[Steer] = deque()
        self._accepted: dict[str, Steer] = {}

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

    def end(self, outcome: hear.Ended | hear.Broke) -> None:
        """Set the result, once."""
        if self._pieces:
            self._pieces.flush()
            self._pieces.close()
        if not self.ended.done():
            self.ended.set_result(outcome)

    def give_up_waiting(self) -> None:
        """Take the response that is held as it is: what it was steered with waits on."""
        if self.held:
            self.end(self.held)

    async def take_in(self, heard: hear.Heard) -> None:
        """Take in what the API said."""
        self.heard.set()
        match heard:
            case hear.Spoke(text):
                if self._pieces:
                    await self._pieces.add(text)
            case hear.Began(response_id):
                if self.held:
                    await self._go_on(self.held)
                self.response_id = response_id
            case hear.Ended() if self._sent or self._accepted:
                self.held = heard
            case hear.Ended() | hear.Broke():
                self.end(heard)
            case hear.SteerAccepted() | hear.SteerRefused() | hear.SteerPending():
                self._hear_of_steer(heard)
            case _:
                assert_never(heard)

    def _hear_of_steer(
        self, heard: hear.SteerAccepted | hear.SteerRefused | hear.SteerPending
    ) -> None:
        match heard:
            case hear.SteerAccepted(name) if self._sent:
                self._accepted[name] = self._sent.popleft()
            case hear.SteerRefused(name):
                if not self._accepted.pop(name, None) and self._sent:
                    self._sent.popleft()
                if self.held and not self._sent and not self._accepted:
                    self.end(self.held)
            case hear.SteerPending() if self.held:
                self.end(self._with_told(self.held))

    async def _go_on(self, over: hear.Ended) -> None:
        told = self._with_told(over)
        self.items = [*self.items, *told.items, *told.told.values()]
        self.held, self._accepted = None, {}
        if self._pieces:
            self._pieces.flush()
            self._pieces.drop()
        if self._on_steered:
            await self._on_steered(told)

    def _with_told(self, over: hear.Ended) -> hear.Ended:
        return replace(over, told=dict(self._accepted.values()))
