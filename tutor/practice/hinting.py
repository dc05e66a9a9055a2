"""Answers to a call for help: a hint if one may be given, else a smaller question. Pure."""

from collections.abc import Callable

from tutor.emulator.model import Output, Say
from tutor.practice.english import hints, questions, runs, steps
from tutor.practice.intents import Intent
from tutor.practice.outcomes import Crash, Wrong, judge
from tutor.practice.view import View


def answer(view: View, smaller: Callable[[View], str]) -> list[Output]:
    """To a student who asks for a hint or for the solution."""
    text = view.pick(hints.HINT) if view.is_code else steps.HINT
    return view.hint(text) or [refused(view, smaller, view.facts.hints.because)]


def refused(view: View, smaller: Callable[[View], str], because: str) -> Say:
    """No hint: why not, and a question that is easier than the task."""
    if view.intent is Intent.BEG:
        why = hints.because(because, hints.HINT_WAITS)
        return Say(why + view.pick(questions.DECLINE) + smaller(view))
    return Say(view.pick(hints.NO_HINT) + hints.because(because) + smaller(view))


def written(view: View, level: int, smaller: Callable[[View], str]) -> Say:
    """A hint of this level, where no author has written one: from the lesson's data only."""
    run = view.facts.run
    kind = run.error.partition(":")[0] if run else ""
    if level == 1 and kind in runs.ABOUT:
        return Say(f"{hints.ERROR}{runs.about_error(kind)}")
    beliefs = view.likely_beliefs
    if not view.is_code:
        return Say(hints.in_words(beliefs[0].belief) if beliefs else f"A hint. {smaller(view)}")
    if level == 1 and (about := _where(view)):
        return Say(hints.where_to_look(about))
    if level == 2:
        return Say(_concept(view))
    if level > 2 and beliefs:
        return Say(hints.in_words(beliefs[0].belief))
    rules = (view.facts.check.rules if view.facts.check else ()) or view.step.rules
    return Say(hints.rule_in_words(rules[0]) if rules else hints.PLAIN)


def _where(view: View) -> str:
    """The case that fails, in words; the lesson's first where nothing is known."""
    if view.facts.check and view.facts.check.failed:
        failed = view.facts.check.failed[0]
        return questions.asked_of(failed.call, failed.input)
    verdict = judge(view.runs, view.step.cases)
    case = verdict.case if isinstance(verdict, Wrong | Crash) else None
    case = case or next(iter(view.step.cases), None)
    return questions.asked_of(case.call, case.input) if case else ""


def _concept(view: View) -> str:
    witnesses = [belief.witness for belief in view.likely_beliefs if belief.witness]
    if witnesses:
        return hints.which_concept(witnesses[0])
    lines = [line.strip() for line in view.program.splitlines() if line.strip()]
    return hints.which_concept_of(view.pick(lines)) if lines else hints.PLAIN
