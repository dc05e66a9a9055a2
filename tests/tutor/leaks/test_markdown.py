"""The gate reads Markdown as the page does: `tests/text/markdownCode.test.ts` has its half."""

import json
from pathlib import Path
from typing import Any

import pytest

from tutor.leaks.markdown import MOST_CHARACTERS, Kind, Part, paragraphs, plain_signs, visible

EXAMPLES: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("markdown_examples.json").read_text()
)


def parts(text: str) -> list[Part]:
    return [part for paragraph in paragraphs(text) for part in paragraph.parts]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["text"][:20])
def test_code_is_what_the_page_shows_as_code(example: dict[str, Any]) -> None:
    codes = [part.text for part in parts(example["text"]) if part.kind in {Kind.SPAN, Kind.BLOCK}]
    assert codes == example["codes"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Say **it `x` so** now", [
            Part(Kind.WORDS, "Say "), Part(Kind.EMPHASIS, "it "), Part(Kind.SPAN, "x"),
            Part(Kind.EMPHASIS, " so"), Part(Kind.WORDS, " now"),
        ]),
        ("a\nb", [Part(Kind.WORDS, "a\nb")]),
        ("a\u200bb \uff1c &lt;", [Part(Kind.WORDS, "ab < <")]),
        ("`a` `b`", [Part(Kind.SPAN, "a"), Part(Kind.WORDS, " "), Part(Kind.SPAN, "b")]),
        ("|a|b|\n|-|-|\n|c|d|", [Part(Kind.WORDS, one) for one in "abcd"]),
    ],
)  # fmt: skip
def test_a_paragraph_has_parts_that_look_different(text: str, expected: list[Part]) -> None:
    assert parts(text) == expected


def test_of_a_long_text_the_end_is_read() -> None:
    [*_, last] = parts("word " * MOST_CHARACTERS + "\n\n`x`")
    assert last == Part(Kind.SPAN, "x")


def test_many_marks_do_not_hide_code() -> None:
    assert Part(Kind.SPAN, "x") in parts("*[" * 1000 + "`x`")


@pytest.mark.parametrize(
    ("code", "expected"),
    [("n ≥ 0 ∧ m ≠ 1", "n >= 0  and  m != 1"), ("“a” × 2 − 1", '"a" * 2 - 1'), ("n > 0", "n > 0")],
)
def test_signs_of_a_typesetter_are_those_of_a_keyboard(code: str, expected: str) -> None:
    assert plain_signs(code) == expected


def test_characters_that_nobody_sees_are_left_out() -> None:
    assert visible("re\u00adturn\u200b \uff4e\ue000") == "return n"
