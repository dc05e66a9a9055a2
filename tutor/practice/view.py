"""One look at one request: its lesson, its dialogue, and what may be said or called. Pure."""

import ast
import hashlib
import json
import re
import warnings
from collections.abc import Sequence
from typing import Final

from tutor.emulator.model import Output, Request, Say
from tutor.practice import tools
from tutor.practice.dialogue import Called, Dialogue, read
from tutor.practice.english import moves, questions, runs
from tutor.practice.facts import Facts
from tutor.practice.intents import Intent, intent_of
from tutor.practice.lesson import Belief, Case, Lesson, Step, parse
from tutor.practice.markdown import pick
from tutor.practice.outcomes import BrokenOff, Crash, Wrong, judge, observed, shown

# A name in a program of any language, and one that the program gives a meaning to.
NAME: Final = re.compile(r"[^\W\d]\w*")
DEFINED: Final = re.compile(
    r"^\s*(?:def|class|async def|function|const|let|var|import|from \S+ import)\s+([^\W\d]\w*)"
    r"|^\s*([^\W\d]\w*)\s*=(?!=)",
    re.MULTILINE,
)
# How runs of a program end that cannot be read.
UNREADABLE: Final = {"SyntaxError", "IndentationError", "TabError"}
# Lines that change no value: nothing can be asked of one alone.
CHANGES_NOTHING: Final = re.compile(
    r"(def|class|async|function|return|else|try|finally|import|from|pass|break|continue)\b|\W"
)


class View:
    """What the tutor knows when it is asked, and the few ways in which it can answer."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.dialogue: Dialogue = read(request.items)
        self.lesson: Lesson = parse(request.instructions)
        self.facts: Facts = self.dialogue.facts or Facts("")
        self.step: Step = self.lesson.step(self.facts.step)
        self.intent: Intent = intent_of(self.dialogue.said)
        items = json.dumps(request.items, sort_keys=True).encode()
        # Lets answers vary from one conversation to another, and from one turn to the next.
        self.seed = int.from_bytes(hashlib.sha256(items).digest()[:4])

    # Saying

    def pick(self, options: Sequence[str]) -> str:
        """One of the options, not one that was said before where there is another."""
        return pick(options, self.seed, self.dialogue.texts)

    def trace(self, case: Case | None = None) -> str:
        """A question that walks through the student's program; smaller after two that were not
        answered."""
        lines = [line.strip() for line in self.program.splitlines() if line.strip()]
        if not lines:
            return self.pick(questions.PLANS if self.lesson.steps else questions.ANYTHING)
        telling = [line for line in lines if not CHANGES_NOTHING.match(line)]
        if self.dialogue.unsure > 1 and telling:
            return self.pick([questions.one_line(line) for line in telling])
        during = questions.asked_of(case.call, case.input) if case and case.call else ""
        return self.pick(questions.trace_questions(self.program, during))

    # What is known

    @property
    def program(self) -> str:
        return self.dialogue.program or ""

    @property
    def runs(self) -> tuple[Called, ...]:
        """The runs of the program as it is now, in this step, that have an output."""
        return tuple(
            call
            for call in self.dialogue.called
            if call.name == tools.RUN and call.output is not None and call.status != "refused"
            if call.program == self.dialogue.program and call.step == self.facts.step
        )

    @property
    def unobserved(self) -> tuple[Case, ...]:
        """The cases that no run of the program as it is now has shown."""
        return tuple(case for case in self.step.cases if not observed(case, self.runs))

    @property
    def has_calls(self) -> bool:
        """Whether expressions can be evaluated beside the program."""
        tool = tools.find(self.request, tools.RUN)
        return tool is not None and "calls" in tools.properties(tool)

    @property
    def is_code(self) -> bool:
        return (self.facts.kind or self.step.kind) == "code"

    @property
    def names(self) -> set[str]:
        """The names in the student's program."""
        return set(NAME.findall(self.program))

    @property
    def is_readable(self) -> bool:
        """Whether the language can read the program, as far as that is known."""
        if self.lesson.language == "python":
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    ast.parse(self.program)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return False
        verdict = judge(self.runs, self.step.cases) if self.runs else None
        return not (isinstance(verdict, Crash) and verdict.kind in UNREADABLE)

    def uses_program(self, call: str) -> bool:
        """Whether a call is about the student's program: it has a name that is defined there."""
        defined = {name for found in DEFINED.findall(self.program) for name in found if name}
        return not defined.isdisjoint(NAME.findall(call))

    @property
    def predictions_asked(self) -> int:
        """How many predictions of the program as it is now were asked for in this step."""
        return sum(
            call.name == tools.PREDICTION
            and call.status == "asked"
            and (call.program, call.step) == (self.dialogue.program, self.facts.step)
            for call in self.dialogue.called
        )

    @property
    def has_next(self) -> bool:
        """Whether another step comes after this one."""
        return bool(self.lesson.steps) and self.lesson.steps[-1].id != self.step.id

    @property
    def added_intent(self) -> Intent:
        return intent_of(self.dialogue.added)

    @property
    def likely_beliefs(self) -> list[Belief]:
        """The step's false beliefs; first those that what failed speaks for."""
        suspected = self._suspected()
        return sorted(self.step.beliefs, key=lambda one: one.id not in suspected)

    def _suspected(self) -> set[str]:
        """The beliefs that the last check names, or a case that failed in a run."""
        verdict = judge(self.runs, self.step.cases)
        case = verdict.case if isinstance(verdict, Wrong | Crash | BrokenOff) else None
        named = self.facts.check.beliefs if self.facts.check else ()
        return {*named, *(case.fails_for if case else ())}

    def refused(self, name: str) -> bool:
        """Whether a call of this tool was refused in this turn: then it is not called again."""
        return any(c.name == name and c.status == "refused" for c in self.dialogue.turn)

    def may_move(self, name: str) -> bool:
        """Moves are for where a server decides about them, which says facts."""
        return self.dialogue.facts is not None and not self.refused(name)

    # Calling

    def run(self, announce: bool = True) -> list[Output]:
        """Run what the lesson's cases still lack; empty if nothing can be run, or not again."""
        tool = tools.find(self.request, tools.RUN)
        if tool is None or self.refused(tools.RUN):
            return []
        code = "" if self.dialogue.facts else self.program
        made = {
            (call.name, json.dumps(call.arguments))
            for call in self.dialogue.turn
            if call.program == self.dialogue.program
        }
        calls: list[Output] = [
            call
            for call in tools.runs(tool, code, self.unobserved or self.step.cases)
            if (call.name, json.dumps(json.loads(call.arguments))) not in made
        ]
        said: list[Output] = [Say(self.pick(runs.ANNOUNCE), phase="commentary")]
        return [*(said if announce and calls else []), *calls]

    def predict(self, text: str) -> list[Output]:
        """The text and a prediction to be asked for; empty if none can be asked."""
        tool = tools.find(self.request, tools.PREDICTION)
        call = self._next_call()
        if tool is None or call is None or not self.may_move(tools.PREDICTION):
            return []
        # Of what cannot be read nothing can be foretold.
        if not self.is_readable:
            return []
        options = moves.predict_program(self.step.stdin)
        if call:
            of_call = moves.predict_call if self.uses_program(call) else moves.predict_alone
            options = of_call(call)
        question = self.pick(options)
        return [Say(text), tools.call(tool, call=call, question=question)]

    def hint(self, text: str) -> list[Output]:
        """The text and the hint that may be given; empty if none may."""
        tool, level = tools.find(self.request, tools.HINT), self.facts.hints.may
        if tool is None or not level or not self.may_move(tools.HINT):
            return []
        return [Say(text), tools.call(tool, level=level)]

    def offer(self, text: str, what: str) -> list[Output]:
        """The text and a button."""
        tool = tools.find(self.request, tools.OFFER)
        if tool is None or not self.may_move(tools.OFFER):
            return []
        return [Say(text), tools.call(tool, what=what)]

    def has_offered(self, what: str) -> bool:
        return any(
            call.name == tools.OFFER
            and call.step == self.facts.step
            and call.arguments.get("what") == what
            for call in self.dialogue.called
        )

    # Which call to ask for

    def _next_call(self) -> str | None:
        """The call to ask a prediction of; empty for the whole program, None if there is none."""
        seen = self._seen()
        return next((call for call in self._candidates() if call not in seen), None)

    def _candidates(self) -> list[str]:
        cases = [case.call for case in self.step.cases if self._can_be_asked(case)]
        if not self.has_calls:
            return cases
        check, suspected = self.facts.check, self._suspected()
        failed = [one.call for one in check.failed if one.call] if check else []
        first = [one.witness for one in self.likely_beliefs if one.id in suspected and one.witness]
        others = [one.witness for one in self.step.beliefs if one.witness]
        # Where nothing is known to be wrong yet, what the task asks for comes first.
        found = [*first, *failed, *others, *cases] if first or failed else [*cases, *others]
        return [call for call in found if len(call) <= tools.MAX_CALL_CHARS]

    def _can_be_asked(self, case: Case) -> bool:
        """The run of a prediction reads what the step gives."""
        return bool(case.call and self.has_calls) or case.input in {"", self.step.stdin}

    def _seen(self) -> set[str]:
        """Calls that were asked for, or whose value the student has seen for this program."""
        seen = {call for run in self.runs for call in shown(run.report)}
        # The whole program was run.
        seen |= {"" for run in self.runs if not run.arguments.get("calls")}
        if self.facts.check and not self.dialogue.changed_since_check:
            # The check shows what came of every visible case, right or wrong.
            seen |= {one.call for one in self.facts.check.failed}
            seen |= {case.call for case in self.step.cases}
        witnesses = {one.witness for one in self.step.beliefs}
        for call in self.dialogue.called:
            asked = call.arguments.get("call")
            if call.name == tools.PREDICTION and isinstance(asked, str):
                is_same = call.program == self.dialogue.program
                seen |= {asked} if is_same or asked in witnesses else set()
        seen |= {c for c in self._mentioned() if c}
        return seen

    def _mentioned(self) -> list[str]:
        """Calls that the student's last message names: they have tried them."""
        calls = [case.call for case in self.step.cases] + [b.witness for b in self.step.beliefs]
        return [call for call in calls if call and call in self.dialogue.said]
