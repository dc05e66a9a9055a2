"""Values and observations as JSON: exact where they are Python's own, never trusted otherwise."""

from collections import OrderedDict
from dataclasses import fields
from enum import IntEnum
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses import observation
from sandbox.cases import (
    CallCase,
    Observation,
    ObservationError,
    Raised,
    StdinCase,
    case_from_json,
    observations_from_json,
)
from sandbox.inside import values

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


class Colour(IntEnum):
    RED = 1


class Liar(int):
    def __repr__(self) -> str:
        return "3"

    def __eq__(self, _: object) -> bool:
        return True

    __hash__ = int.__hash__


class Hostile:
    __module__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise SystemExit


@given(plain)
def test_whatever_is_told_is_well_formed(value: object) -> None:
    assert values.is_value(values.serialize(value))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (41, {"type": "int", "repr": "41"}),
        (True, {"type": "bool", "repr": "True"}),
        (None, {"type": "NoneType", "repr": "None"}),
        (0.1, {"type": "float", "repr": "0.1"}),
        ("é\n", {"type": "str", "repr": "'é\\n'"}),
        (b"\xff", {"type": "bytes", "repr": "b'\\xff'"}),
        ((1,), {"type": "tuple", "items": [{"type": "int", "repr": "1"}]}),
        ({1}, {"type": "set", "items": [{"type": "int", "repr": "1"}]}),
        (
            {"a": []},
            {
                "type": "dict",
                "entries": [[{"type": "str", "repr": "'a'"}, {"type": "list", "items": []}]],
            },
        ),
    ],
)
def test_pythons_own_values_are_told_exactly(value: object, told: dict[str, Any]) -> None:
    assert values.serialize(value) == told


@pytest.mark.parametrize(
    "value",
    [Liar(5), Colour.RED, OrderedDict(a=1), Hostile(), range(3), object, len, 10**10_000],
    ids=lambda value: type(value).__name__,
)
def test_everything_else_is_opaque(value: object) -> None:
    told = values.serialize(value)
    assert "." in told["type"]
    assert told.keys() == {"type", "repr"}
    assert values.is_value(told)


def test_what_is_too_large_or_too_deep_is_opaque() -> None:
    deep: list[Any] = []
    for _ in range(30):
        deep = [deep]
    endless: list[Any] = []
    endless.append(endless)
    for value in (deep, endless, list(range(20_000)), "x" * 60_000):
        told = values.serialize(value)
        assert told["type"] in {"builtins.list", "builtins.str"}
        assert len(told["repr"]) <= 200


@pytest.mark.parametrize(
    "told",
    [
        None, 3, [], {}, {"type": "int"}, {"type": "int", "repr": 3},
        {"type": "Fraction", "repr": ""}, {"type": "list", "items": [3]},
        {"type": "list", "items": None},
        {"type": "list", "repr": ""},
        {"type": "dict", "entries": [[{"type": "int", "repr": "1"}]]},
        {"type": ["int"], "repr": ""},
        {"type": "int", "repr": "1", "more": 1}, {"type": "dict", "entries": [3]},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_of_another_shape_is_none(told: object) -> None:
    assert not values.is_value(told)


FINE = Observation("value", {"type": "int", "repr": "3"}, stdout="x", duration_ms=4).to_json()


def test_observations_survive_the_wire() -> None:
    raised = Observation("raised", None, Raised("ValueError", "no"), 1)
    for one in (Observation.from_json(FINE), raised, Observation("not_run")):
        assert observations_from_json([one.to_json()]) == (one,)


@pytest.mark.parametrize(
    "change",
    [
        {"ended": "passed"}, {"ended": "exited"}, {"value": None}, {"value": {"type": "x"}},
        {"exception": {"type": "E", "message": "m"}}, {"exception": 3}, {"stdout": None},
        {"duration_ms": "4"}, {"more": 1}, {"exit_code": "0"}, {"duration_ms": 2**31},
        {"duration_ms": True}, {"exit_code": -1}, {"exit_code": 256}, {"exit_code": False},
    ],
    ids=str,
)  # fmt: skip
def test_an_observation_that_no_supervisor_makes_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ObservationError):
        Observation.from_json(FINE | change)


@pytest.mark.parametrize("data", [None, 3, [], {"ended": "value"}])
def test_something_else_is_refused_too(data: object) -> None:
    with pytest.raises(ObservationError):
        Observation.from_json(data)


def test_a_case_is_a_call_or_an_input() -> None:
    for case in (CallCase("f(1)"), CallCase("f(1)", "1\n"), StdinCase("1\n")):
        assert case_from_json(case.to_json()) == case
    for wrong in ({}, {"call": 3}, {"call": "f()", "stdin": 1}, {"call": "f()", "expect": "3"}):
        with pytest.raises(ValueError, match="a call, a stdin or both"):
            case_from_json(wrong)


# Two apps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs"), [(Observation, observation.Observation), (Raised, observation.Raised)]
)
def test_who_makes_an_observation_and_who_grades_it_mean_one_shape(
    ours: type, theirs: type
) -> None:
    """The courses know nothing of the sandbox: JSON is between them, and each has its own type."""
    assert [each.name for each in fields(ours)] == [each.name for each in fields(theirs)]
    ends = [get_type_hints(each).get("ended") for each in (ours, theirs)]
    assert get_args(ends[0]) == get_args(ends[1])
