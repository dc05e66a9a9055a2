"""Lesson state. The items are the conversation; everything else can be lost and found again.

Who may write a conversation (`conversation`), what is stored of its turns (`dialogue`), of a
student's programs and attempts (`programs`, `work`), of usage (`usage`). Imports `tutor.turn`,
`tutor.method`, `tutor.protocol`, `sandbox` and `courses`. Begin with `conversation.Conversation`.
"""

from tutor.models.attempts import Attempt
from tutor.models.conversation import (
    LEASE,
    Busy,
    ClaimLost,
    Conversation,
    Origin,
    TooMany,
)
from tutor.models.dialogue import Item, Turn, Waiting, run_id, run_view, spoken, with_files
from tutor.models.limits import QuotaUsed, TooFast
from tutor.models.programs import KeptVersion, Work, Written
from tutor.models.results import Begun, News, Queued
from tutor.models.usage import Response
from tutor.models.work import Attempted, BadStep, starter

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
