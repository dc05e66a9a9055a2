"""What a row says of an attempt is read back as it was, by later releases too."""

import json
from typing import Any

import pytest

from tutor.method.attempt_facts import CaseFacts, DifferenceFacts, FeedbackFacts, PrintedFacts

CASES = (CaseFacts("price(1)", "", True, "It gave `5`."), CaseFacts("", "7\n"))


@pytest.mark.parametrize(
    "facts",
    [
        FeedbackFacts(),
        FeedbackFacts(message="It could not be run."),
        FeedbackFacts(cases=CASES, hidden=6, hidden_passed=5, rules=("No loop.",)),
        FeedbackFacts(
            prediction="five",
            output=(PrintedFacts("stdin", "1\n"), PrintedFacts("stdout", "ten")),
            differs=DifferenceFacts(2, None, "ten"),
        ),
        FeedbackFacts(choices=(0, 2), because=("Yes.", "")),
    ],
)
def test_facts_are_read_back_as_they_were_stored(facts: FeedbackFacts) -> None:
    assert FeedbackFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts


def test_what_has_its_default_is_not_stored() -> None:
    assert FeedbackFacts().to_json() == {}
    assert FeedbackFacts(hidden=2).to_json() == {"hidden": 2}


def test_an_unknown_field_is_ignored_and_a_missing_one_has_its_default() -> None:
    stored = {"hidden": 1, "hints": ["Look."], "cases": [{"got": "It gave `5`.", "ms": 3}]}
    assert FeedbackFacts.from_json(stored) == FeedbackFacts(
        hidden=1, cases=(CaseFacts(got="It gave `5`."),)
    )


@pytest.mark.parametrize("stored", [None, [], "text", 7])
def test_a_row_that_is_no_object_says_nothing(stored: Any) -> None:
    assert FeedbackFacts.from_json(stored) == FeedbackFacts()


@pytest.mark.parametrize(
    "damaged",
    [
        {"\ud800": 1},
        {"output": [{"stream": "stdlog", "text": "x"}]},
        {"cases": 7, "rules": [{}], "differs": {"line": "one"}},
    ],
)
def test_whatever_is_damaged_the_rest_is_read(damaged: dict[str, Any]) -> None:
    assert FeedbackFacts.from_json(damaged | {"hidden": 3}) == FeedbackFacts(hidden=3)


def test_a_damaged_field_costs_no_other_one() -> None:
    stored = {"cases": [7], "message": None, "differs": "line", "rules": ["No loop."]}
    assert FeedbackFacts.from_json(stored) == FeedbackFacts(rules=("No loop.",))
