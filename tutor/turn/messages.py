"""The words of a turn: what the student is told of it, and the model of its calls. Pure."""

from collections.abc import Mapping
from math import ceil
from typing import Final

# For the student.
TOO_LONG: Final = "The tutor thought in circles. Please ask again, perhaps in other words."
STILL_THINKING: Final = "The tutor is still thinking."
STILL_SPEAKING: Final = "The tutor has not finished; the rest takes longer than usual."
NO_MORE_RUNS: Final = "This program was not run: the tutor had run enough of them in this turn."
COULD_SHOW: Final = "This program was not run: it could have shown what you are asked to foretell."
ASKED_ANEW: Final = (
    "The connection to the tutor was lost before its answer was complete. It is being asked again; "
    "nothing you wrote is lost."
)
SEARCHING: Final = "The tutor is looking for a better question."
NOTHING_SAID: Final = "The tutor had no answer. Please ask again, perhaps in other words."
# By the API's reason.
_CUT_SHORT: Final[Mapping[str, str]] = {
    "max_output_tokens": "The answer ends here because it became too long. Ask the tutor to go on.",
    "max_messages": "The answer ends here because it became too long. Ask the tutor to go on.",
    "content_filter": "The answer ends here: a filter stopped it. Ask in other words.",
    "steered": "",  # by the student's next message, which follows
}
_CUT_SHORT_SOMEHOW: Final = "The answer ends here before it was complete. Ask the tutor to go on."

# For the model, as the output of a call.
WITHHELD: Final = (
    "It would solve the step: it was not carried out, and the student has not seen it. Ask for "
    "something smaller."
)
UNSEEN: Final = "It was not carried out: the answer that it came in was withheld."
STOPPED: Final = "The student pressed Stop."
RUN_LIMIT: Final = "No more runs in this turn: answer with what you know."
ONE_MOVE: Final = (
    "One move at a time: only the first prediction, hint or offer of a response is looked at."
)
RUN_BESIDE_PREDICTION: Final = (
    "Nothing is run beside a prediction. The server runs it once the student has answered, and "
    "tells you what came of it."
)


def cut_short(reason: str) -> str:
    """Why an answer ended early; empty where that need not be said."""
    return _CUT_SHORT.get(reason, _CUT_SHORT_SOMEHOW)


def busy(after_s: float) -> str:
    """A busy model is asked again after so many seconds; empty where it is asked at once."""
    return f"The tutor is busy. Trying again in {ceil(after_s)} s." if after_s else ""


def in_line(position: int) -> str:
    """The student's place in line, from 1; empty for 0, when the wait is over."""
    return f"Many students are asking. You are number {position} in line." if position else ""
