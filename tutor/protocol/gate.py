"""The events and actions of the leak gate: what of an answer is judged before it is shown."""

from dataclasses import dataclass
from enum import Enum

from tutor.leaks.said import Said


class Timer(Enum):
    """What a turn wants to be reminded of; see `turn.rules` for the times."""

    SEARCHING = "searching"  # the student has waited for a better question
    UNSEEN = "unseen"  # an answer that is not shown any more has not come to its end


@dataclass(frozen=True)
class PieceJudged:
    """Part number `piece` of the answer to `request` may be shown, or not: it `leaks`."""

    request: int
    piece: int
    leaks: bool


@dataclass(frozen=True)
class TimerRang:
    """The time of a timer that was started for `request` is over."""

    request: int
    timer: Timer


@dataclass(frozen=True)
class Judge:
    """Judge part number `piece` of the answer to `request` before it is shown.

    `said` is a reply as far as it has come, this part included, or a text that a call shows. If
    there are several, one that leaks is enough. Always answered by PieceJudged, in bounded time;
    none of the same answer need be any more once one leaks that is not `of_call`.
    """

    request: int
    piece: int
    said: tuple[Said, ...]
    # A call shows it: then only the call is withheld.
    of_call: bool = False
    # What the turn has shown before, or would with it, and is not stored: judged together with it.
    before: tuple[Said, ...] = ()


@dataclass(frozen=True)
class StartTimer:
    """Answer with TimerRang in `after_s` seconds."""

    request: int
    timer: Timer
    after_s: float


@dataclass(frozen=True)
class SaveWithheld:
    """Store, for the model, that its answer was not shown, and what it may do instead."""


@dataclass(frozen=True)
class SaveReady:
    """Store a question of ours in place of the model's: a hint that may be given, or another."""
