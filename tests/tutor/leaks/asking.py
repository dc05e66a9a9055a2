"""Steps and situations for tests of the leak gate, and texts of the tutor's in them."""

from collections.abc import Sequence
from typing import Any

from courses.audience import Rule
from courses.facts import Case, CodeStep
from tests.tutor.leaks.running import judged
from tutor.leaks.judge import Judge
from tutor.leaks.judgement import Judgement
from tutor.leaks.said import Channel, Said
from tutor.leaks.situation import Situation

TICKET = """\
def ticket_price(age):
    if age <= 12:
        return 5
    if age < 65:
        return 10
    return 7
"""
TICKET_SOLUTION = TICKET.replace("<=", "<")
TICKET_CASES = (("ticket_price(11)", "5"), ("ticket_price(12)", "10"), ("ticket_price(65)", "7"))


def calls(*pairs: tuple[str, str]) -> tuple[Case, ...]:
    """Cases of calls and the values expected of them."""
    return tuple(Case(call=call, expect=expect) for call, expect in pairs)


def code_step(
    cases: Sequence[Case] = calls(*TICKET_CASES),
    *,
    solution: str = TICKET_SOLUTION,
    rules: tuple[Rule, ...] = (),
    **fields: Any,
) -> CodeStep:
    """A step with these cases, the last one hidden where there are several."""
    shown = cases[:-1] or cases
    return CodeStep(
        id="step", kind="code", prompt="Write it.", starter=fields.pop("starter", ""),
        visible=tuple(shown), hidden=tuple(cases[len(shown):]), solution=solution, rules=rules,
        **fields,
    )  # fmt: skip


def situation(*programs: str, step: CodeStep | None = None, **fields: Any) -> Situation:
    """A situation in which the student has `programs`, the first one in the editor."""
    own = programs or (TICKET,)
    fields = {"language": "python", **fields}
    return Situation(step or code_step(), programs=own, **fields)


def reply(text: str) -> Said:
    return Said(Channel.REPLY, text)


def judgement_of(text: str | Said, given: Situation | None = None) -> Judgement:
    """The judgement of a text in a situation, with runs in this process."""
    said = text if isinstance(text, Said) else reply(text)
    return judged(Judge(given or situation()).judge(said))
