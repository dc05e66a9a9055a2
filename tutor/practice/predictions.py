"""A prediction that is open, or has just been compared. Pure."""

import re
from typing import Final

from tutor.emulator.model import Output, Say
from tutor.practice import code_step
from tutor.practice.english import moves, questions, runs
from tutor.practice.facts import Prediction
from tutor.practice.lesson import Case
from tutor.practice.outcomes import ENDS, RAISES
from tutor.practice.values import same, same_lines
from tutor.practice.view import View

# Predictions of one program: when that many were asked, a right one is followed by a run.
MAX_IN_A_ROW: Final = 2

# Part of a message that names a value, or what happens otherwise.
GUESS: Final = re.compile(
    r"\d|[\"“'`\[].+[\"”'`\]]|\b(none|true|false|error|never ends|forever)\b", re.IGNORECASE
)


def committed(view: View) -> list[Output]:
    """While one is open there is nothing else to be said."""
    asked = view.facts.prediction
    call = asked.call if asked else ""
    if GUESS.search(view.dialogue.said) and view.dialogue.after_output is False:
        return [Say(view.pick(moves.guessed(call, view.step.stdin)))]
    options = moves.committed(call, view.step.stdin)
    return [Say(view.pick(options))]


def compared(view: View, prediction: Prediction) -> list[Output]:
    """What was said and what came of it; a question, and no new call after a surprise."""
    about = questions.asked_of(prediction.call, view.step.stdin)
    gave = runs.gave(prediction.gave, ENDS, RAISES)
    is_alone = bool(prediction.call) and not view.uses_program(prediction.call)
    match prediction.state:
        case "wrong":
            parts = moves.PART_WITNESS if is_alone else moves.PART
            said = moves.compared_wrong(about, prediction.said, gave)
            return [Say(said + view.pick(parts))]
        case "none":
            said = moves.compared_unknown(about, gave)
            where = moves.FROM_WHERE_ALONE if is_alone else moves.FROM_WHERE
            return [Say(said + view.pick(where))]
        case "right":
            return _right(view, prediction, moves.compared_right(about, gave))
        case _:
            return [Say(moves.not_compared(about) + code_step.smaller(view))]


def _right(view: View, prediction: Prediction, said: str) -> list[Output]:
    if view.facts.state == "passed":
        return [Say(said + view.pick(questions.REFLECT))]
    case = _case(view, prediction)
    if case and not _as_wanted(case, prediction.gave):
        return [Say(said + moves.not_wanted(case.gives, case.raises))]
    if view.predictions_asked < MAX_IN_A_ROW:
        return code_step.go_on(view, said + view.pick(moves.ANOTHER))
    # Enough guessed: the rest is seen in a run.
    return code_step.observe(view, said)


def _case(view: View, prediction: Prediction) -> Case | None:
    """The case that the prediction was about."""
    for case in view.step.cases:
        is_input = case.input in {"", view.step.stdin}
        if case.call == prediction.call and (case.call or is_input):
            return case
    return None


def _as_wanted(case: Case, gave: str) -> bool:
    if gave.startswith(RAISES):
        return bool(case.raises)
    if case.gives:
        return same(gave, case.gives, case.about)
    return case.prints is None or same_lines(gave, case.prints)
