"""The rows of a lesson's conversations. The items are the conversation; all else can be rebuilt.

Rows: `conversation` (who may write it, its runs), `turns` (turns, items, waiting messages),
`programs` (the programs of the steps), `program_history` (what was stored before them), `attempts`,
`predictions` (and hints, and what runs are to steps), `judgements` (what the leak gate found),
`usage`, `throttles`. They hold facts of our own, no frames of the browser's protocol; `views`
builds those, and `shown` those of items. What is made of the rows of a step: `evidence`, `facts`,
`help`, `situations`; of all rows of a student: `progress`. Operations on them: `dialogue`
(messages and turns; its return values are in `results`) over `messages` (those that become items)
and `withheld` (what stands in place of an answer),
`moves` over `prediction_moves` and `hint_moves` (the method's), `context` (the items that the model
is told), `leak_gate` (what is judged, and what came of it), `workbook` (programs and attempts),
`limits` (how much may be asked), `run_guard` (what may be run now).

Imports `tutor.turn`, `tutor.method`, `tutor.protocol`, `sandbox` and `courses`. Begin to read with
`conversation.Conversation`, then `dialogue.Dialogue`, then `moves.Moves`.
"""

from tutor.models.attempts import Attempt
from tutor.models.context import StoredContext
from tutor.models.conversation import (
    LEASE,
    Busy,
    BusyElsewhere,
    ClaimLost,
    Conversation,
    Origin,
    is_check_run,
    is_gate_run,
    run_id,
    with_files,
)
from tutor.models.dialogue import Dialogue, TooManyWaiting
from tutor.models.judgements import Judgement
from tutor.models.limits import QuotaUsed, TooFast
from tutor.models.moves import Moves
from tutor.models.predictions import HintGiven, Prediction, StepRun
from tutor.models.program_history import ProgramRevision
from tutor.models.programs import KeptVersion, SavedProgram, Work, starter
from tutor.models.progress import courses_of, lesson_progress
from tutor.models.results import Changes, HintShown, MessageQueued, TurnStarted
from tutor.models.run_guard import NotAllowed
from tutor.models.throttles import Rate, Throttle
from tutor.models.turns import Item, Turn, Waiting, tutor_text
from tutor.models.usage import Response
from tutor.models.views import (
    attempt_view,
    item_view,
    prediction_view,
    run_view,
    turn_view,
    waiting_view,
)
from tutor.models.workbook import AttemptResult, BadStep, Workbook

__all__ = [
    "LEASE",
    "Attempt",
    "AttemptResult",
    "BadStep",
    "Busy",
    "BusyElsewhere",
    "Changes",
    "ClaimLost",
    "Conversation",
    "Dialogue",
    "HintGiven",
    "HintShown",
    "Item",
    "Judgement",
    "KeptVersion",
    "MessageQueued",
    "Moves",
    "NotAllowed",
    "Origin",
    "Prediction",
    "ProgramRevision",
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
    "courses_of",
    "is_check_run",
    "is_gate_run",
    "item_view",
    "lesson_progress",
    "prediction_view",
    "run_id",
    "run_view",
    "starter",
    "turn_view",
    "tutor_text",
    "waiting_view",
    "with_files",
]
