"""No order of events gives a hint before its time: a machine, and the rules as plain counts."""

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from courses.audience import Hint
from tests.tutor.method.happened import BEGUN, NOW, STARTER, at, evidence
from tutor.method.evidence import Checked, Evidence, Hinted, Predicted, Ran
from tutor.method.hints import HintGranted, HintPolicy, HintRefused, asked_hint, next_hint

LADDER = (Hint("Where?", 1), Hint("What?", 2), Hint("How?", 3))
ERRORS = (Hint("Which name?", 1, error="NameError"), Hint("Defined where?", 2, error="NameError"))

PROGRAMS = st.sampled_from([STARTER, NOW, "third"])
ERRORS_OF_RUNS = st.sampled_from(["", "", "NameError", "SyntaxError", "KeyError"])
POLICIES = st.builds(
    HintPolicy,
    hints=st.sampled_from(
        [
            (),
            LADDER,
            (*LADDER, *ERRORS),
            ERRORS,
            (Hint("a", 1, after_attempts=1), Hint("b", 2, 2, 1), Hint("c", 3, after_minutes=3)),
            (Hint("a", 1, after_attempts=2), Hint("b", 2), Hint("s", 1, 1, 0, "SyntaxError")),
        ]
    ),
    max_level=st.sampled_from([None, 1, 2, 9]),
    support=st.sampled_from(["low", "medium", "high"]),
)


class AnyOrder(RuleBasedStateMachine):
    """A step in which anything happens in any order, while hints are asked for all the time.

    What a hint needs is kept here as plain counts and sets, as the events come.
    """

    def __init__(self) -> None:
        super().__init__()
        self.policy = HintPolicy()
        self.now = BEGUN
        self.program = STARTER
        self.is_done = False
        self.runs: list[Ran] = []
        self.checks: list[Checked] = []
        self.predictions: list[Predicted] = []
        self.hints: list[Hinted] = []
        # The numbers of attempts by program; the error that the last run or check ended with.
        self.numbers: dict[str, int] = {}
        self.error = ("", "")
        self.was_tried = False
        # All that was ever seen; whether the last hint has something new behind it.
        self.seen: set[object] = set()
        self.is_new = True
        self.given: set[tuple[str, int]] = set()

    def see(self, *outcomes: object) -> None:
        self.is_new |= bool(set(outcomes) - self.seen)
        self.seen |= set(outcomes)

    def tick(self, seconds: float) -> None:
        self.now = at((self.now - BEGUN).total_seconds() + seconds)

    @initialize(policy=POLICIES)
    def publish(self, policy: HintPolicy) -> None:
        self.policy = policy

    @rule(seconds=st.sampled_from([15, 19, 20, 61, 300]))
    def wait(self, seconds: int) -> None:
        self.tick(seconds)

    @rule(program=PROGRAMS)
    def edit(self, program: str) -> None:
        self.program = program

    @rule(error=ERRORS_OF_RUNS)
    def run(self, error: str) -> None:
        self.tick(1)
        self.runs.append(Ran(self.now, self.program, error))
        self.error = (self.program, error)
        self.was_tried |= self.program != STARTER
        self.see((self.program, error))

    @rule(cases=st.integers(0, 2))
    def check(self, cases: int) -> None:
        self.tick(1)
        number = self.numbers.setdefault(self.program, len(self.numbers) + 1)
        self.checks.append(Checked(self.now, self.program, number, False, cases))
        self.error = (self.program, "")
        self.was_tried |= self.program != STARTER
        self.see((self.program, ""), (self.program, "cases", cases))

    @rule()
    def check_what_cannot_be_read(self) -> None:
        self.tick(1)
        self.checks.append(Checked(self.now, self.program, 0, False, 0, "SyntaxError"))
        self.error = (self.program, "SyntaxError")
        self.was_tried |= self.program != STARTER
        self.see((self.program, "SyntaxError"), (self.program, "cases", 0))

    @precondition(lambda self: not self.predictions or self.predictions[-1].answered_at)
    @rule(call=st.sampled_from(["", "f(1)"]))
    def ask(self, call: str) -> None:
        self.tick(1)
        self.predictions.append(Predicted(self.now, self.program, call))

    @precondition(lambda self: self.predictions and not self.predictions[-1].answered_at)
    @rule(
        verdict=st.sampled_from(["right", "wrong", "none", "not_run"]), gave=st.sampled_from("12")
    )
    def answer(self, verdict: Any, gave: str) -> None:
        self.tick(1)
        one = replace(self.predictions[-1], answered_at=self.now, gave=gave, verdict=verdict)
        self.predictions[-1] = one
        if verdict in ("right", "wrong"):
            self.was_tried |= one.code_hash != STARTER
            self.see((one.code_hash, "call", one.call, gave))

    # Late: nothing is given after it.
    @precondition(lambda self: len(self.hints) > 1)
    @rule()
    def pass_the_step(self) -> None:
        self.is_done = True

    @rule(level=st.integers(1, 4))
    def ask_for_a_level(self, level: int) -> None:
        hint = asked_hint(self.evidence(), self.policy, self.now, level)
        if isinstance(hint, HintGranted):
            assert hint.level == level
            self.give(hint)

    @rule(seconds=st.sampled_from([0, 5, 60]))
    def press_the_button(self, seconds: int) -> None:
        self.tick(seconds)
        hint = next_hint(self.evidence(), self.policy, self.now)
        if isinstance(hint, HintGranted):
            self.give(hint)

    def give(self, hint: HintGranted) -> None:
        self.tick(1)
        self.check_that_it_is_earned(hint)
        self.hints.append(Hinted(self.now, self.program, hint.ladder, hint.level))
        self.given.add((hint.ladder, hint.level))
        self.is_new = False

    def evidence(self) -> Evidence:
        return evidence(
            code_hash=self.program,
            runs=list(self.runs),
            checks=list(self.checks),
            predictions=list(self.predictions),
            hints=list(self.hints),
            is_done=self.is_done,
        )

    def check_that_it_is_earned(self, hint: HintGranted) -> None:
        assert not self.is_done
        assert not self.predictions or self.predictions[-1].answered_at
        assert self.is_new
        assert not self.hints or (self.now - self.hints[-1].at).total_seconds() >= 20
        assert (hint.ladder, hint.level) not in self.given
        assert hint.level == 1 or (hint.ladder, hint.level - 1) in self.given
        assert hint.level <= (self.policy.max_level or 9)
        program, error = self.error
        if hint.ladder:
            assert (program, error) == (self.program, hint.ladder)
        self.check_the_authors_rules(hint)

    def check_the_authors_rules(self, hint: HintGranted) -> None:
        authored = {one.level: one for one in self.policy.hints if one.error == hint.ladder}
        one = authored.get(hint.level) or Hint("", hint.level)
        assert hint.text == one.text
        assert bool(authored) == bool(hint.text)
        assert authored or hint.level <= 3
        assert len(self.numbers) >= one.after_attempts
        assert (self.now - BEGUN).total_seconds() >= one.after_minutes * 60
        is_free = not (one.after_attempts or one.after_minutes or hint.ladder) and hint.level == 1
        if is_free and self.policy.support != "high":
            assert self.was_tried
        if is_free and self.policy.support == "low":
            assert len(self.numbers) >= 2

    @invariant()
    def what_may_be_given_is_what_is_told(self) -> None:
        told = self.evidence()
        hint = next_hint(told, self.policy, self.now)
        for level in range(1, 5):
            asked_for = asked_hint(told, self.policy, self.now, level)
            is_it = isinstance(hint, HintGranted) and hint.level == level
            assert isinstance(asked_for, HintGranted) == is_it
            if isinstance(asked_for, HintRefused):
                assert asked_for.allowed == (hint.level if isinstance(hint, HintGranted) else 0)
                assert asked_for.for_student
                assert asked_for.for_model


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=80, stateful_step_count=30, deadline=None, database=None
)
