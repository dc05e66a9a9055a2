"""The scripted tutor as a whole: other choices of tools, and its memory."""

from typing import Any

import pytest

from tests.tutor.practice.student import (
    CHECK,
    STARTER,
    ask,
    calls,
    facts,
    is_socratic,
    said,
    spoke,
    text,
)
from tutor.emulator import Think
from tutor.emulator.model import Choice
from tutor.practice.english import questions


class TestToolsAreChosenOtherwise:
    @pytest.mark.parametrize("state", ["fresh", "trying", "committed", "passed", "reading"])
    def test_a_call_that_must_be_is_made_where_one_can(self, state: str) -> None:
        outputs = ask(facts(state), said("Hm.", STARTER), choice=Choice(must=True))
        assert len(calls(outputs)) >= 1

    @pytest.mark.parametrize("words", ["Is this right?", "A hint!", "I see", "done"])
    @pytest.mark.parametrize("state", ["fresh", "trying", "stuck", "surprised", "passed"])
    def test_without_tools_it_talks(self, state: str, words: str) -> None:
        items = [facts(state, hints={"may": 1}, check=CHECK), said(words, STARTER)]
        for fields in ({"tools": ()}, {"choice": Choice(names=frozenset())}):
            outputs = ask(*items, **fields)
            assert calls(outputs) == []
            assert is_socratic(text(outputs))

    def test_it_thinks_aloud_only_where_reasoning_is_asked_for(self) -> None:
        assert isinstance(ask(said("Hi"), reasoning={"effort": "low"})[0], Think)


def test_nothing_is_said_twice_where_something_else_can_be() -> None:
    items: list[dict[str, Any]] = []
    for number in range(3):
        items += [facts("fresh"), said("Hm, I don't know.", STARTER if not number else None)]
        items.append(spoke(text(ask(*items))))
    said_so = [
        one for one in questions.PLANS if any(one in item["content"] for item in items[2::3])
    ]
    assert len(said_so) == 3
