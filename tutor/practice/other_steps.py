"""Steps to read, to predict and to choose in. Nothing is run there before the student's own
answer, and no answer is said to be right before. Pure."""

from collections.abc import Sequence

from tutor.emulator.model import Output, Say
from tutor.practice import finishing, hinting
from tutor.practice.english import moves, questions, steps
from tutor.practice.intents import Intent
from tutor.practice.view import View


def explain(view: View) -> list[Output]:
    """A text to read: questions about it, until the student wants to go on."""
    asked = [text for text in steps.READ if view.dialogue.was_said(text)]
    if view.has_offered("next") or view.dialogue.was_said(*moves.LAST_STEP):
        return [Say(view.pick(steps.READ_TO_THE_END))]
    has_answered = view.intent in {Intent.TALK, Intent.CHECK} and len(asked) == len(steps.READ)
    if asked and (has_answered or view.intent is Intent.NEXT):
        return finishing.on(view) or [Say(view.pick(steps.READ))]
    if len(asked) == len(steps.READ):
        return [Say(_opening(view) + view.pick(steps.SMALLER_READ))]
    return [Say(_opening(view) + reading(view))]


def predict(view: View) -> list[Output]:
    check = view.facts.check
    if view.facts.state == "passed" and (check is None or check.passed):
        return finishing.answer(view, "", steps.PREDICTED_RIGHT)
    if view.facts.state == "passed":
        return finishing.answer(view, _parts(view), steps.PREDICTED_WRONG)
    if view.intent in {Intent.BEG, Intent.HELP}:
        return hinting.answer(view, predicting)
    return [Say(_opening(view) + (_parts(view) if _is_new(view) else "") + predicting(view))]


def quiz(view: View) -> list[Output]:
    if view.facts.state == "passed":
        return finishing.answer(view, _chosen(view), (steps.CHOSEN_RIGHT,))
    if view.intent in {Intent.BEG, Intent.HELP}:
        return hinting.answer(view, choosing)
    return [Say(_opening(view) + (_chosen(view) if _is_new(view) else "") + choosing(view))]


# Questions that are easier than the step ---------------------------------------------------------


def reading(view: View) -> str:
    return view.pick(steps.READ)


def predicting(view: View) -> str:
    return view.pick(steps.PREDICTED_WRONG if view.facts.check else steps.PREDICT_FIRST)


def choosing(view: View) -> str:
    return view.pick(_of_choice(view))


# ------------------------------------------------------------------------------------------------


def _opening(view: View) -> str:
    match view.intent:
        case Intent.GREET:
            return questions.greeting(view.lesson.title)
        case Intent.UNSURE:
            return view.pick(questions.UNSURE)
        case Intent.BEG:
            return view.pick(questions.DECLINE)
        case _:
            return ""


def _is_new(view: View) -> bool:
    """Whether an answer of the student's was judged that was not spoken of."""
    return view.facts.check is not None and "check" in view.dialogue.news


def _of_choice(view: View) -> Sequence[str]:
    check = view.facts.check
    if check is None or check.passed:
        return steps.CHOOSE
    is_spoken_of = view.dialogue.was_said(*steps.CHOSEN_WRONG) and not _is_new(view)
    return steps.CHOOSE_AGAIN if is_spoken_of else steps.CHOSEN_WRONG


def _parts(view: View) -> str:
    """Where prediction and output part."""
    line = view.facts.check.wrong_from_line if view.facts.check else 0
    return steps.parts_in(line) if line else ""


def _chosen(view: View) -> str:
    chose = view.facts.check.chose if view.facts.check else ()
    choices = [view.step.choices[n - 1] for n in chose if 0 < n <= len(view.step.choices)]
    return steps.chosen(choices) if choices else ""
