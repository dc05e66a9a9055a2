"""Gated turns, for tests of the rules: answers whose held pieces stand in brackets."""

from collections.abc import Iterator
from typing import Any

import pytest

from tutor.leaks.pieces import Piece
from tutor.leaks.said import Channel, Said
from tutor.protocol import frames
from tutor.protocol.actions import Show
from tutor.protocol.events import ModelFinished, ModelSpoke, TurnBegan, Usage
from tutor.protocol.gate import Judge, PieceJudged, StartTimer, Timer
from tutor.turn import leak_gate
from tutor.turn.rules import TurnMachine


class Bracketed:
    """A leaks.pieces.Pieces for which what stands in brackets is held, and nothing else."""

    def __init__(self) -> None:
        self._open = ""

    @property
    def is_holding(self) -> bool:
        return bool(self._open)

    def feed(self, text: str) -> list[Piece]:
        text, self._open = self._open + text, ""
        pieces: list[Piece] = []
        while text:
            free, bracket, rest = text.partition("[")
            held, end, text = rest.partition("]")
            pieces += [Piece(free, held=False)] if free else []
            if bracket and not end:
                self._open = bracket + held
                break
            pieces += [Piece(bracket + held + end, held=True)] if bracket else []
        return pieces

    def close(self) -> list[Piece]:
        rest, self._open = self._open, ""
        return [Piece(rest, held=True)] if rest else []


@pytest.fixture(scope="module")
def brackets() -> Iterator[None]:
    """What stands in brackets is held, until it is judged."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leak_gate, "Pieces", Bracketed)
        yield


def gated() -> Any:
    """A TurnMachine: turn 7, which is gated and has asked the model."""
    turn = TurnMachine()
    turn.receive(TurnBegan(7, gated=True))
    return turn


def judges(actions: list[Any]) -> list[Judge]:
    return [action for action in actions if isinstance(action, Judge)]


def verdict(judge: Judge, *, leaks: bool = False) -> PieceJudged:
    return PieceJudged(judge.request, judge.piece, leaks)


def deltas(actions: list[Any]) -> str:
    """The text that the page is sent."""
    frames_ = [action.frame for action in actions if isinstance(action, Show)]
    return "".join(frame.text for frame in frames_ if isinstance(frame, frames.Delta))


def states(actions: list[Any]) -> list[tuple[str, str]]:
    """The states of the turn that the page is told, with their messages."""
    frames_ = [action.frame for action in actions if isinstance(action, Show)]
    return [(f.state, f.message) for f in frames_ if isinstance(f, frames.TurnChanged)]


SEARCHING = StartTimer(1, Timer.SEARCHING, 0.4)
UNSEEN = StartTimer(1, Timer.UNSEEN, 6.0)
WITHDRAWN = Show(frames.Withdrawn(turn=7, request=1))
LOOKING = ("thinking", "The tutor is looking for a better question.")


def reply(text: str) -> tuple[Said, ...]:
    return (Said(Channel.REPLY, text),)


def finished(*items: dict[str, Any], request: int = 1, **facts: Any) -> ModelFinished:
    return ModelFinished(request, f"resp_{request}", items, usage=Usage(9, 3, 4), **facts)


def leaking(turn: TurnMachine, request: int = 1, text: str = "Well, [leak]") -> list[Any]:
    """A leak has been found in an answer that goes on."""
    [judge] = judges(turn.receive(ModelSpoke(request, text)))
    return turn.receive(verdict(judge, leaks=True))
