"""`require` and `forbid`: rules on what a program uses. Pure; nothing is run."""

from typing import Final

from courses import languages
from courses.audience import Rule
from courses.languages import Language

_SAID: Final = {
    ("require", "construct"): "The program must use {name}.",
    ("require", "call"): "The program must call `{name}`.",
    ("require", "import"): "The program must import `{name}`.",
    ("forbid", "construct"): "The program must do without {name}.",
    ("forbid", "call"): "The program must do without calling `{name}`.",
    ("forbid", "import"): "The program must do without importing `{name}`.",
}


def broken(rules: tuple[Rule, ...], program: str, language: Language) -> tuple[Rule, ...]:
    """The rules that `program` does not keep, in order; none if it cannot be parsed."""
    if not rules or language.syntax is None or (used := language.syntax.used(program)) is None:
        return ()
    return tuple(
        rule for rule in rules if ((rule.what, rule.name) in used) != (rule.verb == "require")
    )


def sentence(rule: Rule) -> str:
    """The rule as a student or an author reads it."""
    words = languages.constructs() if rule.what == "construct" else {}
    return _SAID[rule.verb, rule.what].format(name=words.get(rule.name, rule.name))
