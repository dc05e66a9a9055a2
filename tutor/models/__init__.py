"""Lesson state. The items are the conversation; everything else can be lost and found again."""

from tutor.models.conversation import (
    LEASE,
    Begun,
    Busy,
    ClaimLost,
    Conversation,
    News,
    Origin,
    Queued,
    TooFast,
    TooMany,
)
from tutor.models.dialogue import Item, Turn, Waiting, run_id, run_view, spoken
from tutor.models.usage import Response

__all__ = [
    "LEASE",
    "Begun",
    "Busy",
    "ClaimLost",
    "Conversation",
    "Item",
    "News",
    "Origin",
    "Queued",
    "Response",
    "TooFast",
    "TooMany",
    "Turn",
    "Waiting",
    "run_id",
    "run_view",
    "spoken",
]
