"""Rules of a step that contradict each other, that nobody can break, or that say nothing. Pure."""

from collections.abc import Iterator
from typing import Final

from courses import rules
from courses.audience import Rule
from courses.document import Finding, Place
from courses.languages import Language, Syntax
from courses.steps import CodeStep

_KEYS: Final = {"construct": "constructs", "call": "calls", "import": "imports"}


def findings(step: CodeStep, language: Language) -> Iterator[Finding]:
    """What is wrong with the rules of `step`, at places inside it."""
    if language.syntax is None or not step.rules:
        return
    required = {rule: place for rule, place in _places(step) if rule.verb == "require"}
    forbidden = {rule: place for rule, place in _places(step) if rule.verb == "forbid"}
    clashes = {
        rule: _clash(rule, tuple(forbidden), language.syntax, step.solution) for rule in required
    }
    spoken_of: set[Rule] = set()
    for rule, place in required.items():
        if not language.syntax.ways(rule.what, rule.name):
            spoken_of.add(rule)
            yield Finding(place, f"No program can keep this rule: {_never(rule)}")
        elif clashing := clashes[rule]:
            spoken_of.update((rule, *clashing))
            yield Finding(place, _contradiction(rule, clashing))
    yield from _broken_by_solutions(step, language, spoken_of)
    yield from _without_effect(forbidden, language.syntax)
    left = {rule: place for rule, place in required.items() if rule not in spoken_of}
    yield from _asked_by_cases(step, left, language)


def _places(step: CodeStep) -> Iterator[tuple[Rule, Place]]:
    """The rules, each with its place; of one that stands there twice, the last."""
    counts: dict[tuple[str, str], int] = {}
    for rule in step.rules:
        n = counts.get((rule.verb, rule.what), 0)
        counts[rule.verb, rule.what] = n + 1
        yield rule, (rule.verb, _KEYS[rule.what], n)


def _clash(
    rule: Rule, forbidden: tuple[Rule, ...], syntax: Syntax, solution: str = ""
) -> tuple[Rule, ...]:
    """The forbidden rules that the ways to keep `rule` break; empty if one of them breaks none."""
    owner = rule.name.rpartition(".")[0] if rule.what == "call" else ""
    names = {one.name for one in forbidden if one.what == "import"}
    imported = ("import", owner) in (syntax.used(solution) or ())
    # `math.sqrt` may be a method of a variable's; not where the author takes it for a module.
    is_module = bool(owner) and (owner in names or imported)
    module = {("import", owner), ("construct", "import")} if is_module else set()
    ways = [way | module for way in syntax.ways(rule.what, rule.name)]
    hits = [[one for one in forbidden if (one.what, one.name) in way] for way in ways]
    if not all(hits):
        return ()
    return tuple(dict.fromkeys(one for hit in hits for one in hit))


def _contradiction(rule: Rule, forbidden: tuple[Rule, ...]) -> str:
    name = f"`{rule.name}`"
    others = " and ".join(f"the {one.what} `{one.name}`" for one in forbidden)
    if any((one.what, one.name) == (rule.what, rule.name) for one in forbidden):
        return f"{name} is required and forbidden at once. Take it out of `require` or of `forbid`."
    return (
        f"`require` and `forbid` contradict each other: no program has the {rule.what} {name} "
        f"without {others}, which may not be used. Take out one of the two."
    )


def _broken_by_solutions(
    step: CodeStep, language: Language, spoken_of: set[Rule]
) -> Iterator[Finding]:
    for verb in ("require", "forbid"):
        ours = tuple(rule for rule in step.rules if rule.verb == verb and rule not in spoken_of)
        for rule in rules.broken(ours, step.solution, language):
            message = f"The solution itself breaks this rule: {rules.sentence(rule)}"
            yield Finding((verb,), message)
        for variant in step.variants:
            for rule in rules.broken(ours, variant.solution, language):
                message = f"The solution of `{variant.id}` breaks this rule: {rules.sentence(rule)}"
                yield Finding((verb,), message)


def _without_effect(forbidden: dict[Rule, Place], syntax: Syntax) -> Iterator[Finding]:
    for rule, place in forbidden.items():
        # Of calls an author may name several that are the same here: `list.pop` and `dict.pop`.
        wider = [one for one in forbidden if one != rule and one.what == rule.what != "call"]
        if not syntax.ways(rule.what, rule.name):
            message = f"No program can break this rule: {_never(rule)}"
            yield Finding(place, message, "warning")
        elif covering := _clash(rule, tuple(wider), syntax):
            others = " and ".join(f"`{one.name}`" for one in covering)
            message = f"Whoever keeps to {others} keeps this rule, too: leave one of them out."
            yield Finding(place, message, "warning")


def _never(rule: Rule) -> str:
    if rule.what == "import":
        return f"`{rule.name}` cannot be the name of a module. Put it right or leave it out."
    return (
        f"nothing counts as a call of `{rule.name}`. Write the name of a function, `TYPE.METHOD` "
        "of a method that there is, or `MODULE.FUNCTION`."
    )


def _asked_by_cases(
    step: CodeStep, required: dict[Rule, Place], language: Language
) -> Iterator[Finding]:
    """Rules that the starter keeps and nobody breaks who passes the cases, which call a function.

    What else the starter has already may be meant: `require: {constructs: [loop]}` beside a loop
    that is to be mended keeps it from being replaced by something else.
    """
    gives = all(case.expect not in (None, "None") for case in step.visible)
    if not all(case.call for case in step.cases):
        return
    programs = (step.starter, *(wrong.code for wrong in step.wrong))
    for name in ("function", "return") if gives else ("function",):
        rule = Rule("require", "construct", name)
        if rule in required and not any(rules.broken((rule,), one, language) for one in programs):
            message = (
                f"The starter keeps this rule already, and the cases take care of it: they call "
                f"what it defines. Leave `{name}` out, or name a wrong program that breaks it."
            )
            yield Finding(required[rule], message, "warning")
