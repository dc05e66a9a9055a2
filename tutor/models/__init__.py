"""Lesson state. The items are the conversation; everything else can be lost and found again."""

from tutor.models.conversation import (
    LEASE,
    Busy,
    ClaimLost,
    Conversation,
    Origin,
    TooMany,
)
from tutor.models.dialogue import Item, Turn, Waiting, run_id, run_view, spoken, with_files
from tutor.models.outcomes import Begun, News, Queued
from tutor.models.pace import QuotaUsed, TooFast
from tutor.models.programs import KeptVersion, Work, Written
from tutor.models.usage import Response
from tutor.models.work import Attempt, Attempted, BadStep, starter

__all__ = [
    "LEASE",
    "Attempt",
    "Attempted",
    "BadStep",
    "Begun",
    "Busy",
    "ClaimLost",
    "Conversation",
    "Item",
    "KeptVersion",
    "News",
    "Origin",
    "Queued",
    "QuotaUsed",
    "Response",
    "TooFast",
    "TooMany",
    "Turn",
    "Waiting",
    "Work",
    "Written",
    "run_id",
    "run_view",
    "spoken",
    "starter",
    "with_files",
]
