"""Return values of Dialogue's operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutor.models.programs import SavedProgram
    from tutor.models.turns import Item, Turn, Waiting
    from tutor.protocol import frames


@dataclass(frozen=True)
class TurnStarted:
    """A turn, and the items that were stored for it now, or found stored.

    `fence` is None if the turn is not ours to go on with, `written` if no program was stored.
    """

    turn: Turn
    items: list[Item]
    fence: int | None
    written: SavedProgram | None = None


@dataclass(frozen=True)
class MessageQueued:
    """A message waits until the turn that is on can take it, or is over.

    `written` is the program that was stored with it; None if none was. `prediction`: the one that
    it answers, whose comparison it waits for.
    """

    written: SavedProgram | None = None
    prediction: frames.PredictionView | None = None


@dataclass(frozen=True)
class HintShown:
    """A hint of the author's is given: `item` holds it. `written` as in TurnStarted."""

    item: Item
    written: SavedProgram | None = None


@dataclass(frozen=True)
class LeaseRenewed:
    """Requests of others to the holder of the claim: Stop, and messages that wait.

    `ready` are those of `waiting` that the model can be told in the middle of its answer. An answer
    to a prediction cannot: what came of it stands in the facts, which must come first.
    """

    stop_requested: bool
    waiting: tuple[Waiting, ...]
    ready: tuple[Waiting, ...]


@dataclass(frozen=True)
class Changes:
    """The state of a dialogue after an item: if `turn` is over, `items` has all of its items."""

    waiting: tuple[frames.WaitingMessage, ...]
    turn: Turn | None
    items: tuple[frames.ItemView, ...]
