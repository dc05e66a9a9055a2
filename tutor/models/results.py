"""What comes of asking a conversation for something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutor.models.dialogue import Item, Turn, Waiting
    from tutor.models.programs import Written
    from tutor.protocol import frames


@dataclass(frozen=True)
class Begun:
    """A turn, and what was stored for it now, or found stored.

    `fence` is None if the turn is not ours to go on with, `written` if no program was stored.
    """

    turn: Turn
    items: list[Item]
    fence: int | None
    written: Written | None = None


@dataclass(frozen=True)
class Queued:
    """A message waits until the turn that is on can take it, or is over.

    `written` is the program that was stored with it; None if none was.
    """

    written: Written | None = None


@dataclass(frozen=True)
class Kept:
    """What others want of whoever is at a turn: Stop, and messages to be told."""

    stop_requested: bool
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True)
class News:
    """What has become of a conversation: if `turn` is over, all of its items are told."""

    waiting: tuple[frames.WaitingMessage, ...]
    turn: Turn | None
    items: tuple[frames.ItemView, ...]
