"""Which hint is earned: the rules one by one. See `test_hints_in_any_order` for all of them."""

from typing import Any

import pytest

from courses.audience import Hint
from tests.tutor.method.happened import (
    STARTER,
    asked,
    at,
    checked,
    evidence,
    hinted,
    predicted,
    ran,
    unread,
)
from tutor.method import hints
from tutor.method.evidence import Evidence
from tutor.method.hints import HintGranted, HintPolicy, HintRefused, asked_hint, next_hint

LADDER = (Hint("Where?", 1), Hint("What?", 2), Hint("How?", 3))
ERRORS = (Hint("Which name?", 1, error="NameError"), Hint("Defined where?", 2, error="NameError"))
TRIED: dict[str, Any] = {"runs": [ran(10)]}


def given(happened: Evidence, seconds: float = 100, **policy: Any) -> str:
    """The hint that is given next, as its ladder, level and text; else why the student has none."""
    hint = next_hint(happened, HintPolicy(**{"hints": LADDER} | policy), at(seconds))
    if isinstance(hint, HintRefused):
        assert hint.allowed == 0
        return hint.for_student
    return f"{hint.ladder}{hint.level} {hint.text}".strip()


# Ladders and levels ------------------------------------------------------------------------------


def test_the_first_rung_comes_first() -> None:
    assert given(evidence(**TRIED)) == "1 Where?"


def test_no_rung_comes_twice() -> None:
    runs = [ran(10), ran(40, "x"), ran(70, "y"), ran(90, "z")]
    for levels, then in (
        ([1], "2 What?"),
        ([1, 2], "3 How?"),
        ([1, 2, 3], hints.NO_MORE.for_student),
    ):
        given_before = [hinted(20 * level, level) for level in levels]
        assert given(evidence(runs=runs, hints=given_before)) == then


def test_no_level_is_above_the_highest_of_the_course() -> None:
    happened = evidence(runs=[ran(10), ran(40, "x")], hints=[hinted(20, 1)])
    assert given(happened, max_level=2) == "2 What?"
    assert given(happened, max_level=1) == hints.NO_MORE.for_student


def test_while_the_present_program_ends_with_an_error_its_ladder_counts() -> None:
    authored: dict[str, Any] = {"hints": (*LADDER, *ERRORS)}
    assert (
        given(evidence(runs=[ran(10, error="NameError")]), **authored) == "NameError1 Which name?"
    )
    # Another error; an earlier run; another program.
    assert given(evidence(runs=[ran(10, error="KeyError")]), **authored) == "1 Where?"
    assert given(evidence(runs=[ran(10, error="NameError"), ran(20)]), **authored) == "1 Where?"
    assert given(evidence(runs=[ran(10, "x", "NameError")]), **authored) == "1 Where?"
    checked_since = evidence(runs=[ran(10, error="NameError")], checks=[checked(20, 1)])
    assert given(checked_since, **authored) == "1 Where?"


def test_each_ladder_has_its_own_levels() -> None:
    happened = evidence(runs=[ran(10), ran(60, error="NameError")], hints=[hinted(20, 1)])
    assert given(happened, hints=(*LADDER, *ERRORS)) == "NameError1 Which name?"
    happened = evidence(
        runs=[ran(10, "x", "NameError"), ran(60)], hints=[hinted(20, 1, "NameError")]
    )
    assert given(happened, hints=(*LADDER, *ERRORS)) == "1 Where?"


@pytest.mark.parametrize(
    ("error", "authored", "ladder"),
    [
        ("IndentationError", "SyntaxError", "SyntaxError"),
        ("UnboundLocalError", "NameError", "NameError"),
        ("KeyError", "LookupError", "LookupError"),
        ("MyError", "MyError", "MyError"),
        ("NameError", "KeyError", ""),
        ("Exception", "NameError", ""),
    ],
)
def test_a_ladder_is_for_every_error_of_its_kind(error: str, authored: str, ladder: str) -> None:
    policy = HintPolicy((*LADDER, Hint("…", 1, error=authored)))
    assert hints.ladder_of(evidence(runs=[ran(10, error=error)]), policy) == ladder


def test_errors_in_syntax_have_a_ladder_even_if_the_author_wrote_none() -> None:
    happened = evidence(checks=[unread(10)])
    assert given(happened) == "SyntaxError1"
    mended = evidence(
        checks=[unread(10, "x")], runs=[ran(60)], hints=[hinted(20, 1, "SyntaxError")]
    )
    assert given(mended) == "1 Where?"


def test_without_hints_of_the_authors_the_model_writes_up_to_three() -> None:
    runs = [ran(10), ran(40, "x"), ran(70, "y"), ran(90, "z")]
    happened = [
        evidence(runs=runs, hints=[hinted(20 * n, n) for n in range(1, k + 1)]) for k in range(4)
    ]
    assert [given(one, hints=()) for one in happened] == ["1", "2", "3", hints.NO_MORE.for_student]
    assert given(happened[2], hints=(), max_level=2) == hints.NO_MORE.for_student
    assert given(happened[3], hints=(), max_level=9) == hints.NO_MORE.for_student


# Rules -------------------------------------------------------------------------------------------


def test_not_before_so_many_attempts() -> None:
    authored: dict[str, Any] = {"hints": (Hint("Where?", 1, after_attempts=2),)}
    once = [checked(10, 1)]
    assert given(evidence(**TRIED), **authored) == (
        "Check your program first, 2 times, changed in between."
    )
    assert given(evidence(checks=once), **authored) == "Check a changed program first."
    # The same program again, and one that cannot be read.
    more = [checked(20, 1), unread(30, "x")]
    assert given(evidence(checks=[*once, *more]), **authored) == "Check a changed program first."
    assert given(evidence(checks=[*once, checked(40, 2)]), **authored) == "1 Where?"


def test_not_before_so_many_minutes() -> None:
    authored: dict[str, Any] = {"hints": (Hint("Where?", 1, after_minutes=5),)}
    said = [given(evidence(), seconds, **authored) for seconds in (0, 181, 240.5, 299.9, 300)]
    assert said == [
        "Try on your own for 5 more minutes first.",
        "Try on your own for 2 more minutes first.",
        "Try on your own for 1 more minute first.",
        "Try on your own for 1 more minute first.",
        "1 Where?",
    ]


def test_attempts_and_minutes_must_both_be_there() -> None:
    authored: dict[str, Any] = {"hints": (Hint("Where?", 1, after_attempts=1, after_minutes=5),)}
    assert "Check" in given(evidence(), 600, **authored)
    assert "minute" in given(evidence(checks=[checked(10, 1)]), 100, **authored)
    assert given(evidence(checks=[checked(10, 1)]), 300, **authored) == "1 Where?"


def test_an_error_with_attempts_needs_both() -> None:
    authored: dict[str, Any] = {
        "hints": (Hint("Which name?", 1, error="NameError", after_attempts=1),)
    }
    happened = evidence(runs=[ran(20, error="NameError")])
    assert given(happened, **authored) == "Check your program first."
    happened = evidence(runs=[ran(20, error="NameError")], checks=[checked(10, 1)])
    assert given(happened, **authored) == "NameError1 Which name?"


@pytest.mark.parametrize(
    "happened",
    [
        evidence(),
        evidence(runs=[ran(10, STARTER)]),
        evidence(checks=[checked(10, 1, program=STARTER)]),
        evidence(predictions=[predicted(10, "right", program=STARTER)]),
        evidence(predictions=[predicted(10, "none")]),
        evidence(predictions=[predicted(10, "not_run")]),
        evidence(predictions=[predicted(10, None)]),
    ],
)
def test_without_an_honest_attempt_there_is_no_first_rung(happened: Evidence) -> None:
    assert given(happened) == hints.TRY_FIRST
    assert given(happened, hints=()) == hints.TRY_FIRST
    assert given(happened, support="high") == "1 Where?"
    assert given(happened, support="open") == "1 Where?"


@pytest.mark.parametrize(
    "happened",
    [
        evidence(runs=[ran(10)]),
        evidence(runs=[ran(10, "x")]),
        evidence(checks=[checked(10, 1)]),
        evidence(checks=[checked(10, 1, program="x")]),
        evidence(predictions=[predicted(10, "right")]),
        evidence(predictions=[predicted(10, "wrong")]),
    ],
)
def test_an_honest_attempt_earns_the_first_rung(happened: Evidence) -> None:
    assert given(happened) == "1 Where?"


def test_where_support_is_low_the_first_rung_needs_two_attempts() -> None:
    said = [
        given(
            evidence(checks=[checked(10 * n, n) for n in range(1, k + 1)], **TRIED), support="low"
        )
        for k in range(3)
    ]
    assert said == [
        "Check your program first, 2 times, changed in between.",
        "Check a changed program first.",
        "1 Where?",
    ]
    # The author's rule goes before.
    own: dict[str, Any] = {"hints": (Hint("Where?", 1, after_attempts=1),), "support": "low"}
    assert given(evidence(checks=[checked(10, 1)]), **own) == "1 Where?"


@pytest.mark.parametrize("kind", ["predict", "quiz"])
def test_in_a_step_without_an_own_program_an_attempt_is_an_honest_one(kind: Any) -> None:
    parts: dict[str, Any] = {"kind": kind, "code_hash": STARTER}
    assert given(evidence(**parts, runs=[ran(10, STARTER)]), hints=()) == hints.ATTEMPT_FIRST
    tried = evidence(**parts, checks=[checked(10, 1, program=STARTER)])
    assert given(tried, hints=()) == "1"
    again = evidence(**parts, checks=tried.checks, hints=[hinted(20, 1, program=STARTER)])
    assert given(again, hints=()) == hints.ATTEMPT_FIRST


# Something new -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "is_new"),
    [
        ({}, False),
        ({"runs": [ran(50)]}, False),
        ({"runs": [ran(50, error="NameError")]}, True),
        ({"runs": [ran(50, "x")]}, True),
        ({"runs": [ran(15, "x")]}, False),
        ({"runs": [ran(15, "x"), ran(50, "x")]}, False),
        ({"runs": [ran(20, "x"), ran(50, "x")]}, False),
        ({"checks": [checked(50, 1)]}, True),
        ({"checks": [checked(15, 1), checked(50, 1)]}, False),
        ({"checks": [checked(15, 1), checked(50, 1, 2)]}, True),
        ({"checks": [unread(50, "x")]}, True),
        ({"predictions": [predicted(50, "wrong")]}, True),
        ({"predictions": [predicted(50, "right")]}, True),
        ({"predictions": [predicted(50, "none")]}, False),
        ({"predictions": [predicted(15, "wrong"), predicted(50, "right")]}, False),
        ({"predictions": [predicted(15, "right"), predicted(50, "right", "f(2)")]}, True),
        ({"predictions": [predicted(15, "right"), predicted(50, "right", gave="4")]}, True),
    ],
)
def test_after_a_hint_the_next_needs_something_new(since: dict[str, Any], is_new: bool) -> None:
    """The hint came at 20 s, after a run of the present program."""
    runs = [ran(10), *since.pop("runs", [])]
    happened = evidence(runs=runs, hints=[hinted(20, 1)], code_hash="another", **since)
    assert given(happened) == ("2 What?" if is_new else hints.TRY_FIRST)


def test_twenty_seconds_are_between_two_hints() -> None:
    happened = evidence(runs=[ran(10), ran(25, "x")], hints=[hinted(20, 1)])
    assert given(happened, 39.9) == hints.WAIT_FIRST
    assert given(happened, 40) == "2 What?"


def test_a_hint_of_another_ladder_counts_too() -> None:
    happened = evidence(runs=[ran(10, error="NameError")], hints=[hinted(20, 1)])
    assert given(happened, hints=(*LADDER, *ERRORS)) == hints.TRY_FIRST


# No hints ----------------------------------------------------------------------------------------


def test_no_hints_while_a_prediction_is_open() -> None:
    assert given(evidence(predictions=[asked(20)], **TRIED)) == hints.ANSWER_FIRST


def test_no_hints_once_the_step_is_passed_and_where_nothing_is_to_be_solved() -> None:
    assert given(evidence(is_done=True, **TRIED)) == hints.PASSED
    assert given(evidence(kind="explain", **TRIED), support="high") == hints.NOTHING_TO_SOLVE


# Asked for by its level --------------------------------------------------------------------------


def test_the_model_is_given_the_level_that_comes_next_and_no_other() -> None:
    policy = HintPolicy(LADDER)
    happened = evidence(runs=[ran(10), ran(50, "x")], hints=[hinted(20, 1)])
    assert asked_hint(happened, policy, at(100), 2) == HintGranted("", 2, "What?")
    early = asked_hint(happened, policy, at(100), 3)
    late = asked_hint(happened, policy, at(100), 1)
    assert isinstance(early, HintRefused)
    assert isinstance(late, HintRefused)
    assert (early.allowed, early.for_model) == (2, "Level 2 comes first.")
    assert (late.allowed, late.for_model) == (2, "Level 1 was given already.")
    none = asked_hint(evidence(), policy, at(100), 1)
    assert isinstance(none, HintRefused)
    assert (none.allowed, none.for_student) == (0, hints.TRY_FIRST)


def test_no_reason_tells_how_many_hints_are_left() -> None:
    said = [getattr(hints, name) for name in dir(hints) if name.endswith(("FIRST", "MORE"))]
    assert not [one for one in said if "left" in str(one)]
