"""A prediction that is open, or has just been compared. Pure."""

from tutor.emulator.model import Output, Say
from tutor.practice import code_step
from tutor.practice.english import moves, questions, runs
from tutor.practice.facts import Prediction
from tutor.practice.lesson import Case
from tutor.practice.outcomes import ENDS, RAISES
from tutor.practice.values import same, same_lines
from tutor.practice.view import View


def committed(view: View) -> list[Output]:
    """While one is open there is nothing else to be said."""
    asked = view.facts.prediction
    options = moves.committed(asked.call if asked else "", view.step.stdin)
    return [Say(view.pick(options))]


def compared(view: View, prediction: Prediction) -> list[Output]:
    """What was said and what came of it; a question, and no new call after a surprise."""
    about = questions.asked_of(prediction.call, view.step.stdin)
    gave = runs.gave(prediction.gave, ENDS, RAISES)
    match prediction.state:
        case "wrong":
            parts = moves.PART_WITNESS if _is_alone(view, prediction.call) else moves.PART
            said = moves.compared_wrong(about, prediction.said, gave)
            return [Say(said + view.pick(parts))]
        case "none":
            said = moves.compared_unknown(about, gave)
            return [Say(said + view.pick(moves.FROM_WHERE))]
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
    return code_step.go_on(view, said + view.pick(moves.ANOTHER))


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


def _is_alone(view: View, call: str) -> bool:
    """Whether a call shows a belief wrong without the student's program."""
    is_witness = any(belief.witness == call for belief in view.step.beliefs)
    return bool(call) and is_witness and not any(case.call == call for case in view.step.cases)
