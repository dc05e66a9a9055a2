"""A dialogue without facts: another client's, which may have our tool for runs or not. Pure."""

from tutor.emulator.model import Output, Say
from tutor.practice import code_step
from tutor.practice.english import moves, questions
from tutor.practice.intents import Intent
from tutor.practice.outcomes import Passed, judge
from tutor.practice.view import View


def answer(view: View) -> list[Output]:
    """To what was said: a program that was not run as it is, or is asked about, is run."""
    if view.intent not in {Intent.BEG, Intent.GREET} and view.program.strip():
        is_new = not view.runs or view.intent is Intent.CHECK
        if is_new and (calls := view.run()):
            return calls
    return [Say(_talk(view))]


def _talk(view: View) -> str:
    is_green = view.runs and isinstance(judge(view.runs, view.step.cases), Passed)
    if view.intent is Intent.GREET:
        return questions.greeting(view.lesson.title) + code_step.smaller(view)
    if is_green and view.intent is Intent.BEG:
        return moves.ALREADY + view.pick(moves.EXPLAIN)
    if is_green:
        return view.pick(questions.REFLECT)
    openings = {
        Intent.BEG: questions.DECLINE,
        Intent.UNSURE: questions.UNSURE,
        Intent.HELP: questions.UNSURE,
    }
    return view.pick(openings.get(view.intent, questions.THOUGHT)) + code_step.smaller(view)
