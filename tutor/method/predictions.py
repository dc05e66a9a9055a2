"""Predictions that the tutor asks for: when they may be asked, and how they are compared. Pure.

How an answer is read is in `answers`.
"""

from dataclasses import dataclass
from typing import Final

from courses.equality import equal
from courses.grading import difference, with_exception
from courses.languages import Language, language_of
from courses.observation import Observation, Value
from courses.steps import CodeStep, ExplainStep, PredictStep, QuizStep, Step
from courses.text import cut, printable
from tutor.method import answers
from tutor.method.evidence import Evidence, Predicted, Verdict
from tutor.method.program_hash import program_hash

# Of what a program gave, for the student and the model.
MAX_GAVE_CHARS: Final = 2_000
# Of that in a refusal.
MAX_REPEATED_CHARS: Final = 200


@dataclass(frozen=True)
class Outcome:
    """What a call, or the whole program, gave: in words, and how the answer compares with it."""

    gave: str
    verdict: Verdict


# May it be asked ---------------------------------------------------------------------------------


def refusal(evidence: Evidence, step: Step, call: str, program: str, language: str) -> str | None:
    """Why this prediction may not be asked now, for the model; None if it may.

    Refused: another one is open, or is being compared; after a wrong one, until the student has
    said something; a predict step before its own prediction; a step without a program, or with one
    that cannot be read; an expression that does not parse, or any where the language has no values;
    one that was answered for the same program, with what came of it; a case that a check of the
    same program has shown.
    """
    ours = language_of(language)
    return (
        _unasked(evidence, step, program)
        or _unread(call, program, ours)
        or _answered(evidence, call, language)
        or _checked(evidence, step, call, language)
    )


def _unasked(evidence: Evidence, step: Step, program: str) -> str | None:
    has_none = isinstance(step, QuizStep) or (isinstance(step, ExplainStep) and not step.program)
    if has_none or not program.strip():
        return "There is no program in this step to ask about."
    if isinstance(step, PredictStep) and not evidence.checks:
        return "The step itself asks what its program prints: the student's prediction comes first."
    if evidence.open_prediction is not None:
        return "A prediction is open: the student answers it first."
    last = evidence.predictions[-1] if evidence.predictions else None
    if last is not None and last.verdict is None:
        return "The last prediction has not been compared yet."
    if last is not None and last.verdict == "wrong" and not last.said_since:
        return (
            "The last prediction was wrong: ask why the outcome is another one, and ask for no "
            "other prediction before the student has said something."
        )
    return None


def _unread(call: str, program: str, language: Language) -> str | None:
    if language.syntax is None:
        return (
            f"In {language.title} only the whole program's output can be foretold: leave the call "
            "empty."
            if call
            else None
        )
    if language.syntax.fault(program) is not None:
        return "The student's program cannot be read, so there is nothing to foretell."
    if call and (reason := language.syntax.expression_fault(call)) is not None:
        return f"The call is no {language.title} expression: {cut(reason, MAX_REPEATED_CHARS)}."
    return None


def _answered(evidence: Evidence, call: str, language: str) -> str | None:
    for one in reversed(evidence.predictions):
        is_same = one.code_hash == evidence.code_hash and _same_call(one.call, call, language)
        if is_same and one.verdict not in (None, "not_run"):
            return f"It was asked already about this program: {_told(one)}. Ask something else."
    return None


def _checked(evidence: Evidence, step: Step, call: str, language: str) -> str | None:
    if not isinstance(step, CodeStep) or not call:
        return None
    was_checked = any(one.code_hash == evidence.code_hash and one.number for one in evidence.checks)
    if was_checked and any(_same_call(case.call, call, language) for case in step.visible):
        return "A check of this program has shown the student what it gives. Ask something else."
    return None


def _same_call(one: str, other: str, language: str) -> bool:
    # An expression is a program too: `f( 1)` is `f(1)`.
    return one == other or program_hash(one, {}, language) == program_hash(other, {}, language)


def _told(one: Predicted) -> str:
    unknown = one.verdict == "none" or one.answer is None
    said = "did not know" if unknown else f"said {_short(one.answer or '')}"
    return f"the student {said}, it gave {_short(one.gave)}"


def _short(text: str) -> str:
    return f"`{cut(printable(text[: MAX_REPEATED_CHARS + 1], instead=' '), MAX_REPEATED_CHARS)}`"


# How it compares ---------------------------------------------------------------------------------


def compare(call: str, answer: str | None, observation: Observation, language: str) -> Outcome:
    """An answer against what the sandbox observed of the call, or of the whole program.

    By value, type and depth where the answer is a literal (`courses.equality`); as the text of a
    str, as the name of an exception, as "it never ends", or as what was printed
    (`courses.grading.difference`) otherwise. What a call printed that gave None counts as well as
    the None. None or "I don't know" gives the verdict `none`; `not_run` where nothing was observed.
    """
    ours = language_of(language)
    seen = with_exception(observation, ours)
    gave = outcome(call, seen)
    if seen.ended == "not_run" or (call and seen.ended == "value" and seen.value is None):
        return Outcome(gave, "not_run")
    if answer is None or answers.is_unknown(answer):
        return Outcome(gave, "none")
    is_right = _is_value(answer, seen, ours) if call else _is_output(answer, seen, ours)
    return Outcome(gave, "right" if is_right else "wrong")


def outcome(call: str, seen: Observation) -> str:
    """What came of a call, or of the whole program, in words: a value, what was printed, an end.

    In at most MAX_GAVE_CHARS.
    """
    printed = cut(seen.stdout.rstrip("\n"), MAX_GAVE_CHARS)
    ended = _ending(call, seen)
    if not call:
        return cut("\n".join(part for part in (printed, ended) if part), MAX_GAVE_CHARS)
    if seen.stdout and _is_none(seen):
        return cut(f"{ended}, and prints {printed}", MAX_GAVE_CHARS)
    return cut(ended, MAX_GAVE_CHARS)


_ENDED: Final = {
    "timeout": "does not end in time",
    "memory": "uses more memory than there is",
    "output_limit": "prints far too much",
    "crashed": "ends all of a sudden",
    "not_run": "was not run",
}


def _ending(call: str, seen: Observation) -> str:
    match seen.ended:
        case "value":
            return seen.value.shown() if call and seen.value is not None else ""
        case "raised":
            raised = seen.exception
            if raised is None:
                return "raises an exception"
            message = f": {raised.message}" if raised.message else ""
            return f"raises {raised.type}{message}"
        case "exited":
            code = f" with code {seen.exit_code}" if seen.exit_code else ""
            return f"ends the program{code}" if call or code else ""
        case ended:
            return _ENDED[ended]


def _is_value(answer: str, seen: Observation, language: Language) -> bool:
    """Whether the answer is what a call gave."""
    if seen.ended != "value":
        return _is_ending(answer, seen, language)
    value = seen.value
    if any(equal(literal, value) for literal in answers.literals(answer, language)):
        return True
    if not answers.literals(answer, language) and _is_text_of(answer, value):
        return True
    return _is_none(seen) and bool(seen.stdout) and _is_printed(answer, seen)


def _is_text_of(answer: str, value: Value | None) -> bool:
    """Whether the answer is the text of a str, or how a value without a literal is written."""
    if value is None:
        return False
    if value.type == "str":
        return any(equal(repr(text), value) for text in answers.texts(answer))
    return value.repr in answers.texts(answer)


def _is_output(answer: str, seen: Observation, language: Language) -> bool:
    """Whether the answer is what the whole program printed, and how it ended."""
    if seen.ended in ("value", "exited"):
        return _is_printed(answer, seen)
    if seen.ended != "raised":
        return _is_ending(answer, seen, language)
    # What was printed before, and the error in a line of its own.
    before, _, last = answer.rstrip().rpartition("\n")
    is_all = not before or difference(seen.stdout, before) is None
    return is_all and _is_ending(last, seen, language)


def _is_printed(answer: str, seen: Observation) -> bool:
    texts = answers.texts(answer)
    return any(difference(seen.stdout, text) is None for text in texts)


def _is_ending(answer: str, seen: Observation, language: Language) -> bool:
    """Whether the answer foretells an end that is no value."""
    if seen.ended == "raised" and seen.exception is not None:
        return answers.names_error(answer, seen.exception, language)
    return seen.ended in ("timeout", "output_limit") and answers.says_endless(answer)


def _is_none(seen: Observation) -> bool:
    return seen.ended == "value" and seen.value is not None and seen.value.type == "NoneType"
