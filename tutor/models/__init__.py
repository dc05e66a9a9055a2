"""The rows of a lesson's conversations. The items are the conversation; all else can be rebuilt.

Rows: `conversation` (who may write it, its runs), `turns` (turns, items, waiting messages),
`programs` (the programs of the steps), `attempts`, `usage`, `throttles`. They hold facts of our
own, no frames of the browser's protocol; `views` builds those. Operations on them: `dialogue`
(messages and turns; its return values are in `results`), `context` (the items that the model is
told), `workbook` (programs and attempts), `limits` (how much may be asked).

Imports `tutor.turn`, `tutor.method`, `tutor.protocol`, `sandbox` and `courses`. Begin to read with
`conversation.Conversation`, then `dialogue.Dialogue`.
"""

from tutor.models.attempts import Attempt
from tutor.models.context import StoredContext
from tutor.models.conversation import (
    LEASE,
    Busy,
    ClaimLost,
    Conversation,
    Origin,
    run_id,
    with_files,
)
from tutor.models.dialogue import Dialogue, TooManyWaiting
from tutor.models.limits import QuotaUsed, TooFast
from tutor.models.predictions import HintGiven, Prediction, StepRun
from tutor.models.programs import KeptVersion, SavedProgram, Work, starter
from tutor.models.results import Changes, MessageQueued, TurnStarted
from tutor.models.throttles import Rate, Throttle
from tutor.models.turns import Item, Turn, Waiting, tutor_text
from tutor.models.usage import Response
from tutor.models.views import attempt_view, item_view, run_view, turn_view, waiting_view
from tutor.models.workbook import AttemptResult, BadStep, Workbook

__all__ = [
    "LEASE",
    "Attempt",
    "AttemptResult",
    "BadStep",
    "Busy",
    "Changes",
    "ClaimLost",
    "Conversation",
    "Dialogue",
    "HintGiven",
    "Item",
    "KeptVersion",
    "MessageQueued",
    "Origin",
    "Prediction",
    "QuotaUsed",
    "Rate",
    "Response",
    "SavedProgram",
    "StepRun",
    "StoredContext",
    "Throttle",
    "TooFast",
    "TooManyWaiting",
    "Turn",
    "TurnStarted",
    "Waiting",
    "Work",
    "Workbook",
    "attempt_view",
    "item_view",
    "run_id",
    "run_view",
    "starter",
    "turn_view",
    "tutor_text",
    "waiting_view",
    "with_files",
]
