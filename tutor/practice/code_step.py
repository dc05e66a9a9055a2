"""A step to program in, by its state: what is said, asked, run or offered. Pure.

1. What is new comes first: the answer to a prediction, then a check, then a run of the student's.
2. Asked for help: a hint if one may be given.
3. Then the step goes on: a prediction of a call that is not known yet, else a run, else a question.
"""

from collections.abc import Callable
from typing import Final, assert_never

from tutor.emulator.model import Output, Say
from tutor.practice import finishing, hinting, tools
from tutor.practice.english import hints, moves, questions, runs
from tutor.practice.intents import Intent
from tutor.practice.lesson import Case
from tutor.practice.outcomes import (
    ENDS,
    RAISES,
    BrokenOff,
    Crash,
    Failing,
    NotRun,
    Passed,
    Ran,
    Stopped,
    Verdict,
    WaitedForInput,
    Wrong,
    judge,
)
from tutor.practice.view import View

ADDED: Final = {
    Intent.BEG: runs.ADDED_BEG,
    Intent.HELP: runs.ADDED_UNSURE,
    Intent.UNSURE: runs.ADDED_UNSURE,
}


def answer(view: View) -> list[Output]:
    """To what the student has said; a new comparison and an open prediction are not for here."""
    state = view.facts.state
    if state == "passed":
        return _passed(view)
    if view.intent in {Intent.BEG, Intent.HELP}:
        return hinting.answer(view, smaller)
    if view.intent is Intent.GREET:
        return [Say(questions.greeting(view.lesson.title) + smaller(view))]
    if not view.program.strip():
        return [Say(smaller(view))]  # there is nothing to run or to foretell
    if state == "fresh":
        return _fresh(view)
    if state == "stuck" and (hint := view.hint(_news(view) + view.pick(hints.HINT))):
        return hint
    return _trying(view)


def smaller(view: View) -> str:
    """A question that is easier than the task."""
    if view.facts.state == "fresh" or not view.program.strip():
        return _plan(view)
    if not view.is_readable:
        return view.pick(runs.UNREADABLE)
    return view.trace(_failing_case(view))


# By state ----------------------------------------------------------------------------------------


def _fresh(view: View) -> list[Output]:
    asked = view.dialogue.was_said(*questions.PLANS)
    if view.intent is Intent.CHECK or (asked and view.intent is not Intent.UNSURE):
        return go_on(view, "")
    return [Say((questions.UNSURE[0] if asked else "") + _plan(view))]


def _plan(view: View) -> str:
    if not view.lesson.steps:
        return view.pick(questions.ANYTHING)
    case = next((case for case in view.step.cases if case.call), None)
    example = questions.EXAMPLE.format(example=questions.asked_of(case.call, "")) if case else ""
    return view.pick(questions.PLANS) + example


def _trying(view: View) -> list[Output]:
    news, changed = view.dialogue.news, view.dialogue.changed_since_check
    check, run = view.facts.check, view.facts.run
    if "check" in news and check and not check.passed and not changed:
        return _about(view, _news(view))
    if view.intent is Intent.CHECK:
        return _checked(view)
    if "run" in news and run and run.error and not changed:
        kind = run.error.partition(":")[0]
        about = runs.about_error(kind)
        return [Say(f"{runs.own_run(run.error)}{runs.FIND_THE_LINE}{about}")]
    if view.intent is Intent.UNSURE:
        return [Say(view.pick(questions.UNSURE) + smaller(view))]
    return go_on(view, view.pick(questions.THOUGHT))


def _checked(view: View) -> list[Output]:
    """To a student who wants to know how the program does: run, unless that was seen already."""
    is_known = view.runs and not view.unobserved
    calls = [] if is_known else view.run()
    return calls or _after_verdict(view, "", judge(view.runs, view.step.cases))


def go_on(view: View, text: str) -> list[Output]:
    """The next thing to find out, after these words."""
    return (
        view.predict(text + view.pick(moves.PREDICT))
        or (view.run() if view.unobserved else [])
        or [Say(text + smaller(view))]
    )


def observe(view: View, text: str) -> list[Output]:
    """After these words, a run of what no run has shown; else an easier question."""
    calls = view.run(announce=False) if view.unobserved else []
    return [Say(text + runs.OBSERVE, phase="commentary"), *calls] if calls else _ready(view, text)


def _ready(view: View, text: str) -> list[Output]:
    """Everything that can be seen was seen."""
    is_right = isinstance(judge(view.runs, view.step.cases), Passed)
    asked = view.offer(text + moves.OFFER_CHECK, "attempt") if is_right else []
    return asked or [Say(text + smaller(view))]


def _about(view: View, text: str) -> list[Output]:
    """After words about what is wrong: a prediction that may show why, else a question."""
    return view.predict(text + view.pick(moves.PREDICT)) or [Say(text + smaller(view))]


def _news(view: View) -> str:
    """What the last check says, if that was not spoken of yet."""
    check = view.facts.check
    if check is None or check.passed or "check" not in view.dialogue.news:
        return ""
    said = runs.check(check.visible, check.hidden)
    if check.failed:
        first = check.failed[0]
        said += runs.failed_case(questions.asked_of(first.call, first.input), first.got)
    return said + (runs.broken_rule(check.rules[0]) if check.rules else "")


def _passed(view: View) -> list[Output]:
    explain = (view.step.explain_back,) if view.step.explain_back else moves.EXPLAIN
    opening = moves.ALREADY if view.intent is Intent.BEG else view.pick(moves.GREEN)
    return finishing.answer(view, opening, explain)


# After a run -------------------------------------------------------------------------------------


def after_runs(view: View) -> list[Output]:
    """To the outputs of runs in this turn."""
    verdict = judge(view.runs, view.step.cases) if view.runs else None
    more_to_run = verdict is None or isinstance(verdict, Passed | Ran)
    # The program has changed meanwhile, or not all of it fitted into one response.
    if more_to_run and (calls := view.run(announce=False)):
        return calls
    added = view.dialogue.added
    heard = ADDED.get(view.added_intent, runs.ADDED_OTHERS) if added else ""
    return _after_verdict(view, heard, verdict or NotRun())


def _after_verdict(view: View, heard: str, verdict: Verdict) -> list[Output]:
    match verdict:
        case Crash() | Wrong() | BrokenOff() | WaitedForInput():
            return _after_failing(view, heard, verdict)
        case Passed():
            if view.facts.state == "passed":
                return _passed(view)
            text = heard + runs.ALL_RIGHT
            asked = view.offer(text + moves.OFFER_CHECK, "attempt")
            return asked or [Say(text + view.pick(questions.REFLECT))]
        case Ran():
            return [Say(heard + runs.RAN + smaller(view))]
        case Stopped():
            return [Say(heard + runs.STOPPED + smaller(view))]
        case NotRun():
            return [Say(heard + runs.NOT_RUN + smaller(view))]
        case _:
            assert_never(verdict)


def _after_failing(view: View, heard: str, verdict: Failing) -> list[Output]:
    """What happened, in facts; then a hint that is due, a prediction, or a question."""
    text = heard + _facts_of(view, verdict)
    if view.facts.state == "stuck" and (hint := view.hint(text + view.pick(hints.HINT))):
        return hint
    match verdict:
        case Crash(kind=kind, line=line):
            where = "" if line else runs.FIND_THE_LINE
            return [Say(text + where + runs.about_error(kind))]
        case Wrong(got="None"):
            return [Say(text + runs.returned_none(_function(view)))]
        case Wrong(case=case):
            asked = view.predict(text + view.pick(moves.PREDICT))
            return asked or [Say(text + view.trace(case))]
        case BrokenOff(case=case):
            return [Say(text + view.trace(case))]
        case WaitedForInput():
            return [Say(text)]
        case _:
            assert_never(verdict)


def _facts_of(view: View, verdict: Failing) -> str:
    match verdict:
        case Crash(kind=kind, message=message, line=line, case=case):
            lines = view.program.splitlines()
            source = lines[line - 1].strip() if line and line <= len(lines) else ""
            during = questions.asked_of(case.call, case.input) if case and case.call else ""
            return runs.crash(kind, message, line, source, during)
        case Wrong(case=case, got=got, printed=True):
            return runs.wrong_print(case.input, got, view.pick(runs.OPENINGS))
        case Wrong(case=case, got=got):
            about, gave = questions.asked_of(case.call, case.input), runs.gave(got, ENDS, RAISES)
            return runs.wrong(about, gave, case.gives, case.raises, view.pick(runs.OPENINGS))
        case BrokenOff(limit=limit):
            return runs.BROKEN_OFF[limit]
        case WaitedForInput():
            return runs.ASKING
        case _:
            assert_never(verdict)


def _function(view: View) -> str:
    """The function that a case calls, as the student's program names it."""
    names = [case.call.partition("(")[0] for case in view.step.cases if "(" in case.call]
    return f"`{names[0]}`" if names and names[0].isidentifier() else "the function"


def _failing_case(view: View) -> Case | None:
    verdict = judge(view.runs, view.step.cases)
    if isinstance(verdict, Wrong | Crash | BrokenOff) and verdict.case:
        return verdict.case
    failed = {one.call for one in view.facts.check.failed} if view.facts.check else set()
    return next((case for case in view.step.cases if case.call in failed), None)


def after_refusal(view: View, name: str, easier: Callable[[View], str]) -> list[Output]:
    """To a refused call of a tool, which is heeded: another way, in the same turn."""
    run_already = any(call.name == tools.RUN for call in view.dialogue.turn)
    if name == tools.PREDICTION and view.unobserved and not run_already and (calls := view.run()):
        return calls
    return [Say(view.pick(questions.REFUSED) + easier(view))]
