"""What happened in a step, for the tests of what is derived from it: times are seconds in it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tutor.method.evidence import Checked, Evidence, Hinted, Predicted, Ran, Verdict

BEGUN = datetime(2026, 3, 4, 10, tzinfo=UTC)
STARTER, NOW = "starter", "now"


def at(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


def ran(seconds: float, program: str = NOW, error: str = "") -> Ran:
    return Ran(at(seconds), program, error)


def checked(
    seconds: float, number: int, cases: int = 0, program: str = NOW, **more: Any
) -> Checked:
    return Checked(at(seconds), program, number, more.pop("passed", False), cases, **more)


def unread(seconds: float, program: str = NOW) -> Checked:
    return checked(seconds, 0, program=program, error="SyntaxError")


def asked(seconds: float, call: str = "f(1)", program: str = NOW) -> Predicted:
    return Predicted(at(seconds), program, call, "What comes out?")


def predicted(
    seconds: float, verdict: Verdict | None, call: str = "f(1)", program: str = NOW, **more: Any
) -> Predicted:
    """Asked five seconds before it is answered."""
    known: dict[str, Any] = {"answer": None if verdict == "none" else "2", "gave": "3"} | more
    return Predicted(at(seconds - 5), program, call, "What?", at(seconds), verdict=verdict, **known)


def hinted(seconds: float, level: int, ladder: str = "", program: str = NOW) -> Hinted:
    return Hinted(at(seconds), program, ladder, level)


def evidence(**parts: Any) -> Evidence:
    """Of a code step whose program has been changed."""
    known: dict[str, Any] = {
        "kind": "code",
        "begun_at": BEGUN,
        "starter_hash": STARTER,
        "code_hash": NOW,
    }
    return Evidence(**known | parts)


_SECONDS = st.integers(0, 1_000)
_PROGRAMS = st.sampled_from([STARTER, NOW, "third"])
_RUNS = st.builds(ran, _SECONDS, _PROGRAMS, st.sampled_from(["", "NameError", "SyntaxError"]))
_CHECKS = st.builds(
    checked, _SECONDS, st.integers(0, 4), st.integers(0, 3), _PROGRAMS, passed=st.booleans()
)
_CALLS = st.sampled_from(["", "f(1)", "f(2)"])
_PREDICTIONS = st.builds(
    predicted,
    _SECONDS,
    st.sampled_from(["right", "wrong", "none", "not_run", None]),
    _CALLS,
    _PROGRAMS,
    said_since=st.booleans(),
)
_HINTS = st.builds(hinted, _SECONDS, st.integers(1, 3), st.sampled_from(["", "NameError"]))


def _in_order(one: Any, key: str) -> Any:
    return st.lists(one, max_size=4).map(lambda all_: sorted(all_, key=lambda it: getattr(it, key)))


def any_evidence() -> st.SearchStrategy[Evidence]:
    """Whatever may have happened in a step; at most one prediction is open, the last."""

    def build(opened: Any, predictions: list[Predicted], **parts: Any) -> Evidence:
        return evidence(predictions=[*predictions, *([opened] if opened else [])], **parts)

    return st.builds(
        build,
        opened=st.none() | st.builds(asked, st.just(1_000), _CALLS, _PROGRAMS),
        predictions=_in_order(_PREDICTIONS, "asked_at"),
        kind=st.sampled_from(["code", "explain", "predict", "quiz"]),
        code_hash=_PROGRAMS,
        runs=_in_order(_RUNS, "at"),
        checks=_in_order(_CHECKS, "at"),
        hints=_in_order(_HINTS, "at"),
        is_done=st.booleans(),
    )
