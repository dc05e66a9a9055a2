"""The scripted tutor: from a request to what it says or calls. Pure; knows only the request.

It is the reference of the method: the server's facts say where the student stands, their `state`
what is asked next, and what the server refuses is heeded.

1. Where the request says that a tool must be called, one is; a tool of somebody else's is called
   when it is asked for by name.
2. The outputs of the turn's calls are spoken of. A hint that is to be written is written.
3. An open prediction is waited for; one that was compared is spoken of first.
4. Everything else is up to the kind of the step; without facts, to what the student says.

It never writes a line of program of its own; it shows the student's lines, calls and values only.
"""

from collections.abc import Callable, Sequence
from typing import Final

from tutor.emulator.arguments import arguments_for
from tutor.emulator.model import Call, Output, Request, Say, Think
from tutor.practice import code_step, hinting, other_steps, plain, predictions, tools
from tutor.practice.english import hints
from tutor.practice.fields import number, text
from tutor.practice.view import View

Answers = Callable[[View], list[Output]]

# By the kind of a step: what is answered, and a question that is easier than the step.
KINDS: Final[dict[str, tuple[Answers, Callable[[View], str]]]] = {
    "code": (code_step.answer, code_step.smaller),
    "explain": (other_steps.explain, other_steps.reading),
    "predict": (other_steps.predict, other_steps.predicting),
    "quiz": (other_steps.quiz, other_steps.choosing),
}


def answer(request: Request) -> Sequence[Output]:
    """What the tutor says or runs next. The same request always gets the same answer."""
    view = View(request)
    outputs = _answer(view)
    if request.choice.must and not any(isinstance(output, Call) for output in outputs):
        outputs = view.run() or outputs
    thinks = request.reasoning.get("effort") not in {None, "none", "minimal"}
    return [Think("What does the student see, and what not yet?"), *outputs] if thinks else outputs


def _answer(view: View) -> list[Output]:
    if tool := tools.asked_for(view.request):
        return [Call(tool["name"], arguments_for(tool))]
    if view.dialogue.after_output and view.dialogue.turn:
        return _after_calls(view)
    facts = view.dialogue.facts
    if facts is None:
        return plain.answer(view)
    answers, smaller = _kind(view)
    if facts.hints.write:
        return [hinting.written(view, facts.hints.write, smaller)]
    if facts.state == "committed":
        return predictions.committed(view)
    if facts.prediction and "prediction" in view.dialogue.news:
        return predictions.compared(view, facts.prediction)
    return answers(view)


def _kind(view: View) -> tuple[Answers, Callable[[View], str]]:
    kind = "explain" if view.facts.state == "reading" else view.facts.kind or view.step.kind
    return KINDS.get(kind, KINDS["code"])


def _after_calls(view: View) -> list[Output]:
    """To the outputs of this turn: the last one says what comes next."""
    last = view.dialogue.turn[-1]
    _, smaller = _kind(view)
    match last.name, last.status:
        case tools.HINT, "write":
            return [hinting.written(view, number(last.report, "level"), smaller)]
        case tools.HINT, "refused":
            return [hinting.refused(view, smaller, text(last.report, "because"))]
        case tools.HINT, _:
            return [Say(view.pick(hints.AFTER_HINT))]
        case tools.PREDICTION, "asked":
            return predictions.committed(view)
        case tools.RUN, status if status != "refused":
            return code_step.after_runs(view)
        case name, "refused":
            return code_step.after_refusal(view, name, smaller)
        case _:
            return [Say(smaller(view))]
