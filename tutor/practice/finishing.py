"""The end of a step: it is explained, then the next one is offered. Pure."""

from collections.abc import Sequence

from tutor.emulator.model import Output, Say
from tutor.practice.english import moves, questions
from tutor.practice.intents import Intent
from tutor.practice.view import View


def answer(view: View, opening: str, explain: Sequence[str]) -> list[Output]:
    """One of the questions of `explain`; after an answer to it, a button for the next step."""
    if not view.dialogue.was_said(*explain):
        return [Say(opening + view.pick(explain))]
    if view.has_offered("next") or view.dialogue.was_said(*moves.LAST_STEP):
        return [Say(view.pick(moves.DONE))]
    wants_on = view.intent is Intent.NEXT
    if not (wants_on or _is_concrete(view) or view.dialogue.was_said(moves.NAME_A_VALUE)):
        is_unsure = view.intent in {Intent.UNSURE, Intent.HELP, Intent.BEG}
        opening = view.pick(questions.UNSURE if is_unsure else questions.THOUGHT)
        return [Say(opening + moves.NAME_A_VALUE)]
    return on(view) or [Say(view.pick(questions.REFLECT))]


def on(view: View) -> list[Output]:
    """A button for the next step; where there is none, the end. Empty if it may not be offered."""
    if view.lesson.steps and not view.has_next:
        return [Say(view.pick(moves.LAST_STEP))]
    return view.offer(view.pick(moves.OFFER_NEXT), "next")


def _is_concrete(view: View) -> bool:
    """Whether what the student said names a value, or something of the program."""
    said = view.dialogue.said
    words = {word.strip(".,;:!?()") for word in said.split()}
    names = {name for name in view.names if len(name) > 1}
    return any(char.isdigit() or char in "`\"'“" for char in said) or bool(words & names)
