"""The answer to a request while it comes, as the page is shown it. Pure."""

from dataclasses import dataclass
from typing import assert_never

from tutor.protocol import frames
from tutor.protocol.actions import Show
from tutor.protocol.events import ModelQueued, ModelSlow, ModelSpoke
from tutor.turn import messages
from tutor.turn.leak_gate import Leaked, Searching


@dataclass
class Answer:
    """The answer to a request of a turn, as far as it has come."""

    turn: int = 0
    request: int = 0
    text: str = ""
    # How many pieces of it were shown.
    seq: int = 0
    # Whether the student was told that nothing has come of it for long.
    is_slow: bool = False
    # Whether the student was told that a better question is looked for, and was shown none yet.
    is_searching: bool = False

    def follow(
        self, event: ModelSpoke | ModelSlow | ModelQueued | Searching | Leaked
    ) -> list[Show]:
        """Go on with it: what is shown then."""
        match event:
            case ModelSpoke(_, text):
                is_news = self.is_slow or not self.text
                self.text, self.is_slow, self.is_searching = self.text + text, False, False
                self.seq += 1
                place = {"turn": self.turn, "request": self.request, "seq": self.seq}
                delta = Show(frames.Delta(**place, text=text))
                return [self.state("speaking"), delta] if is_news else [delta]
            case ModelSlow():
                self.is_slow = True
                if self.text:
                    return [self.state("speaking", messages.STILL_SPEAKING)]
                return [self.state("thinking", messages.STILL_THINKING)]
            case Leaked():
                self.text = ""
                return [self.withdraw(), self.state("thinking", self._searching())]
            case Searching():
                self.is_slow = self.is_searching = True
                return [self.state("thinking", messages.SEARCHING)]
            case ModelQueued(_, position):
                waits = messages.in_line(position) or self._searching()
                return [self.state("thinking", waits)]
            case _:
                assert_never(event)

    def _searching(self) -> str:
        return messages.SEARCHING if self.is_searching else ""

    def withdraw(self) -> Show:
        """Take back what was shown of it."""
        return Show(frames.Withdrawn(turn=self.turn, request=self.request))

    def state(self, state: frames.TurnState, message: str = "") -> Show:
        """The state of its turn."""
        return Show(frames.TurnChanged(number=self.turn, state=state, message=message))

    def asked_anew(self) -> Show:
        """Whoever was at its turn has gone: it is asked for again."""
        words = messages.ASKED_ANEW
        return Show(
            frames.TurnChanged(number=self.turn, state="thinking", message=words, asked_anew=True)
        )
