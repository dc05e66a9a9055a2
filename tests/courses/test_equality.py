"""Values that a case expects against observed ones."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.facts import Case
from courses.grading import Reason, grade_cases
from tests.courses.observing import LITERALS, gave, observation, value_of


def reason(case: Case, raw: Any) -> Reason:
    [verdict] = grade_cases([case], [raw])
    return verdict.reason


@pytest.mark.parametrize(
    ("expect", "value"),
    [
        ("4", 4), ("4.0", 4.0), ("True", True), ("None", None), ("'a'", "a"), ("b'a'", b"a"),
        ("(1+2j)", 1 + 2j), ("[1, 2]", [1, 2]), ("(1,)", (1,)), ("{1, 2}", {2, 1}),
        ("set()", set()), ("{'a': [1], 'b': 2}", {"b": 2, "a": [1]}), ("[]", []), ("{}", {}),
        ("0.0", -0.0), ("1e300", 1e300), (str(10**4_000), 10**4_000),
    ],
)  # fmt: skip
def test_the_same_value_passes(expect: str, value: object) -> None:
    assert reason(Case("f()", expect), gave(value)) is Reason.PASSED


@pytest.mark.parametrize(
    ("expect", "value"),
    [
        ("4", 4.0), ("4.0", 4), ("1", True), ("True", 1), ("'4'", 4), ("4", "4"), ("None", 0),
        ("[1, 2]", (1, 2)), ("(1, 2)", [1, 2]), ("[1, 2]", [1, 2, 3]), ("[1, 2]", [1]),
        ("[1, 2]", [2, 1]), ("{1}", frozenset({1})), ("{1}", {1, 2}), ("{1}", {True}),
        ("{'a': 1}", {"a": 2}), ("{'a': 1}", {"a": 1, "b": 2}), ("{1: 'a'}", {True: "a"}),
        ("'a'", b"a"), ("0.1", 0.1 + 1e-15), ("1.0", math.nan), ("1.0", math.inf),
        ("[]", range(0)), ("4", object()), ("[4]", 4), ("4", [4]), ("'x'", None),
    ],
)  # fmt: skip
def test_another_value_or_another_type_does_not_pass(expect: str, value: object) -> None:
    assert reason(Case("f()", expect), gave(value)) is Reason.VALUE


@pytest.mark.parametrize(
    ("expect", "value", "passes"),
    [
        ("0.3", 0.1 + 0.2, True), ("0.3", 0.30002, False), ("3.0", 3, True), ("3", 3.0, True),
        ("1.0", True, False), ("[0.5, 'a']", [0.500001, "a"], True), ("1.0", math.nan, False),
        ("1.0", math.inf, False), ("{'a': 0.5}", {"a": 0.500001}, True),
        ("{1.0: 'a'}", {1.000001: "a"}, False), ("{1.0, 1.00001}", {1.000015, 0.999995}, True),
        ("1.0", "1.0", False), ("0.5", 10**400, False),
    ],
)  # fmt: skip
def test_with_a_tolerance_numbers_may_be_off_a_little(
    expect: str, value: object, passes: bool
) -> None:
    case = Case("f()", expect, tolerance=1e-5)
    assert (reason(case, gave(value)) is Reason.PASSED) == passes


def strictly_equal(one: object, other: object) -> bool:
    """Equal with all types, as the values themselves say."""
    if type(one) is not type(other):
        return False
    match one, other:
        case (list() | tuple(), list() | tuple()):
            return len(one) == len(other) and all(map(strictly_equal, one, other))
        case dict(), dict():
            return one.keys() == other.keys() and all(
                strictly_equal(one[key], other[key]) for key in one
            )
        case _:
            return one == other


@given(one=LITERALS, other=LITERALS)
def test_a_case_passes_exactly_for_values_that_are_equal_with_their_types(
    one: object, other: object
) -> None:
    assert reason(Case("f()", repr(one)), gave(one)) is Reason.PASSED
    passed = reason(Case("f()", repr(one)), gave(other)) is Reason.PASSED
    assert passed == strictly_equal(one, other)


def test_a_character_that_only_one_of_two_pythons_knows_is_the_same_for_both() -> None:
    known, unknown = "'\N{SNOWMAN}'", ascii("\N{SNOWMAN}")
    # As if it were new: one writes the character, the other escapes it.
    for expect, told in ((known, unknown), (unknown, known)):
        raw = {"ended": "value", "value": {"type": "str", "repr": told}}
        assert reason(Case("f()", expect), raw) is Reason.PASSED
        assert reason(Case("f()", ascii("\\u2603")), raw) is Reason.VALUE


@given(value=st.dictionaries(st.integers(), st.integers(), max_size=5), seed=st.randoms())
def test_the_order_in_a_dictionary_or_a_set_does_not_count(
    value: dict[int, int], seed: Any
) -> None:
    for container in (value, set(value)):
        described = value_of(container)
        seed.shuffle(described.get("entries", described.get("items")))
        raw = observation("value", value=described)
        assert reason(Case("f()", repr(container)), raw) is Reason.PASSED
