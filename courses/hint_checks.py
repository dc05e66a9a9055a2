"""Hints that no student can ever be given, and conditions of hints that never matter. Pure."""

import difflib
import re
from collections.abc import Iterator
from typing import Final

from courses.audience import Hint
from courses.document import Finding
from courses.languages import LANGUAGES, Language
from courses.problems import Severity
from courses.steps import Case, CodeStep

# A program that cannot be read raises one of these and is no attempt.
_UNREADABLE: Final = ("SyntaxError", "IndentationError", "TabError")
_ADVICE: Final = "Name another error, or leave the hint out."
# The name of a module that is not a file of the lesson's.
_IMPORTED: Final = re.compile(
    r"""^[ \t]*(?:import|from)[ \t]+([A-Za-z_]\w*)|\brequire\([ \t]*["'](?![./])([\w:/@-]+)""",
    re.MULTILINE,
)


def findings(step: CodeStep, language: Language, max_level: int | None) -> Iterator[Finding]:
    """What is wrong with the ladders of `step`, at places inside it.

    `max_level` is the course's `max_hint_level`.
    """
    for error in dict.fromkeys(hint.error for hint in step.hints):
        ladder = [(n, hint) for n, hint in enumerate(step.hints) if hint.error == error]
        if error and (never := _never_raised(error, step, language)) is not None:
            message, severity = never
            yield from (
                Finding(("hints", n, "error"), f"{_ever(hint, severity)} {message}", severity)
                for n, hint in ladder
            )
            continue
        yield from _above(ladder, max_level)
        yield from _conditions(ladder)


def _ever(hint: Hint, severity: Severity) -> str:
    certainty = "can never" if severity == "error" else "can probably never"
    return f"The hint of level {hint.level} {certainty} be reached:"


def _above(ladder: list[tuple[int, Hint]], max_level: int | None) -> Iterator[Finding]:
    for n, hint in ladder:
        if max_level is not None and hint.level > max_level:
            message = (
                f"The hint of level {hint.level} can never be reached: the course's "
                f"`max_hint_level` is {max_level}. Raise that, or leave the hint out."
            )
            # Lowering it is the way to give less help for a while: the ladder may stay.
            yield Finding(("hints", n, "level"), message, "warning")


def _conditions(ladder: list[tuple[int, Hint]]) -> Iterator[Finding]:
    highest = {"after_attempts": 0, "after_minutes": 0}
    for n, hint in ladder:
        for key, before in highest.items():
            count: int = getattr(hint, key)
            if 0 < count < before:
                message = (
                    f"`{key}: {count}` never matters: a lower level, which comes first, waits for "
                    f"{before} already. Give it {before} or more, or leave it out."
                )
                yield Finding(("hints", n, key), message, "warning")
            highest[key] = max(before, count)
        if hint.after_attempts and hint.error.rpartition(".")[2] in _UNREADABLE:
            message = (
                f"This counts attempts, and a program with a `{hint.error}` is none: a student "
                "who sees nothing else never gets this hint, nor a higher one. Use "
                "`after_minutes`, or leave it out."
            )
            yield Finding(("hints", n, "after_attempts"), message, "warning")


# Exceptions --------------------------------------------------------------------------------------


def _never_raised(error: str, step: CodeStep, language: Language) -> tuple[str, Severity] | None:
    """Why nobody sees the exception `error` in `step`, and if that is sure; None if one may.

    A student may raise what they know: a built-in exception, or one that a program, a file or a
    case of the step names. What modules raise is not known here.
    """
    owner, _, name = error.rpartition(".")
    if name in language.errors and owner in ("", "builtins"):
        return None
    texts = (step.prompt, *_programs(step), *(case.raises for case in _cases(step)))
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    if name in words:
        return None
    foreign = sorted(
        other.title
        for other in LANGUAGES.values()
        if other.id != language.id and name in other.errors
    )
    if foreign and not owner:
        message = f"`{error}` is {foreign[0]}'s; {language.title} has no such exception. {_ADVICE}"
        return message, "error"
    return _from_outside(error, step, language)


def _from_outside(error: str, step: CodeStep, language: Language) -> tuple[str, Severity] | None:
    """The same for an exception that only a module could bring."""
    owner, _, name = error.rpartition(".")
    root = owner.partition(".")[0]
    found = (names for text in _programs(step) for names in _IMPORTED.findall(text))
    beside = {file.path.removesuffix(language.suffix) for file in step.files}
    imported = {one or other for one, other in found} - beside
    if root and root in imported:
        return None
    message = (
        f"{language.title} has no exception `{error}` of its own, and no program or case of this "
        f"step names it. {'' if owner else _like(name, language)}{_ADVICE}"
    )
    may_come = bool(imported) if not root else root in language.modules
    return message, "warning" if may_come else "error"


def _like(name: str, language: Language) -> str:
    """The question if a name like `name` was meant. Names end alike: the ends do not count."""
    known = {one.removesuffix("Error"): one for one in language.errors}
    near = difflib.get_close_matches(name.removesuffix("Error"), list(known), n=1, cutoff=0.75)
    return f"Did you mean `{known[near[0]]}`? " if near else ""


def _programs(step: CodeStep) -> tuple[str, ...]:
    """The texts of all programs and files of the step."""
    return (
        step.starter,
        step.solution,
        *(wrong.code for wrong in step.wrong),
        *(file.text for file in step.files),
        *(text for each in step.variants for text in (each.starter, each.solution)),
    )


def _cases(step: CodeStep) -> tuple[Case, ...]:
    return (*step.cases, *(case for each in step.variants for case in each.visible + each.hidden))
