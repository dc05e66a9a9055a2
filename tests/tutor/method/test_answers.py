"""How a student's answer is read: a value, an error, "I don't know"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.languages import language_of
from courses.observation import Raised
from tutor.method import answers
from tutor.method.answers import is_bare_value, is_unknown

PYTHON = language_of("python")

# A message; whether it is a bare value where a call was asked about, and where the program was.
MESSAGES = [
    ("5", True, True),
    (" -3 ", True, True),
    ("2.", True, True),
    ("1.5", True, True),
    ("'abc'", True, True),
    ('"abc"', True, True),
    ("“abc”", True, True),
    ("`5`", True, True),
    ("[1, 2]", True, True),
    ("(1, 2)", True, True),
    ("1, 2", True, True),
    ("1 2 3", False, True),
    ("{}", True, True),
    ("{'a': 1}", True, True),
    ("None", True, True),
    ("none", True, True),
    ("true", True, True),
    ("True.", True, True),
    ("True 5 None", False, True),
    ("'a' 5", False, True),
    ("ValueError", True, True),
    ("ValueError.", True, True),
    ("valueerror", True, True),
    ("MyError", True, True),
    ("StopIteration", True, True),
    ("***", False, True),
    ("# # 1", False, True),
    ("I don't know", True, True),
    ("I don’t know.", True, True),
    ("idk", True, True),
    ("keine Ahnung", True, True),
    ("Weiß nicht!", True, True),
    # And what is said.
    ("2?", False, False),
    ("I think 2", False, False),
    ("ich glaube 2", False, False),
    ("5 or 6", False, False),
    ("5 # because it adds", False, False),
    ("ok", False, False),
    ("hello", False, False),
    ("x", False, False),
    ("n + 1", False, False),
    ("...", False, False),
    ("…", False, False),
    ("?", False, False),
    ("!", False, False),
    (":-)", False, False),
    ("", False, False),
    ("   ", False, False),
    ("1\n2", False, False),
    ("(1,\n2)", False, False),
    ("It raises ValueError", False, False),
    ("What is a ValueError?", False, False),
    ("I don't know what you mean", False, False),
    ("line 5", False, False),
    ("9" * 1_001, False, False),
    ("[" * 900, False, False),
    ("10**9**9", False, True),
    ("\ud800", False, False),
]


@pytest.mark.parametrize(("text", "for_call", "for_program"), MESSAGES)
def test_a_message_that_is_nothing_but_a_value_answers(
    text: str, for_call: bool, for_program: bool
) -> None:
    assert is_bare_value(text, "f(1)", "python") is for_call
    assert is_bare_value(text, "", "python") is for_program


@pytest.mark.parametrize(
    ("text", "is_bare"),
    [
        ("5", True), ("1 2", True), ("'abc'", True), ("TypeError", True), ("[ 1, 2 ]", True),
        ("keine Ahnung", True), ("undefined", False), ("hello", False), ("2?", False),
    ],
)  # fmt: skip
def test_in_a_language_that_is_not_parsed_numbers_and_texts_are_values(
    text: str, is_bare: bool
) -> None:
    assert is_bare_value(text, "", "javascript") is is_bare


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("I don't know", True),
        ("i dont know...", True),
        ("I  do not\nknow!", True),
        ("No idea.", True),
        ("Ich weiß es nicht", True),
        ("ich weiss nicht", True),
        ("K.A.", True),
        ("Keine Ahnung…", True),
        ("I don't know, perhaps 2", False),
        ("I know", False),
        ("None", False),
        ("", False),
        ("no idea " * 10_000, False),
    ],
)
def test_not_to_know_is_said_in_few_words(text: str, unknown: bool) -> None:
    assert is_unknown(text) is unknown


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("5", ("5",)),
        ("2.", ("2.0", "2")),
        ("[1,2]", ("[1, 2]",)),
        ("‘a’", ("'a'",)),
        ("TRUE", ("True",)),
        ("`None`", ("None",)),
        ("abc", ()),
        ("'a' + 'b'", ()),
        ("10**9**9", ()),
        ("{[]}", ()),
        ("[" * 1_000, ()),
        ("x" * 100_000, ()),
    ],
)
def test_a_literal_is_read_as_it_may_be_meant(answer: str, found: tuple[str, ...]) -> None:
    assert answers.literals(answer, PYTHON) == found
    assert answers.literals(answer, language_of("javascript")) == ()


@pytest.mark.parametrize(
    ("answer", "type_", "named"),
    [
        ("KeyError", "KeyError", True),
        ("keyerror", "KeyError", True),
        ("it raises a KeyError.", "KeyError", True),
        ("KeyError: 'a'", "KeyError", True),
        ("LookupError", "KeyError", True),
        ("Exception", "KeyError", True),
        ("an error", "KeyError", True),
        ("ein Fehler", "KeyError", True),
        ("It raises an exception.", "KeyError", True),
        ("json.JSONDecodeError", "JSONDecodeError", True),
        ("ValueError", "KeyError", False),
        ("KeyError or ValueError", "KeyError", False),
        ("no error", "KeyError", False),
        ("no idea about KeyErrors", "KeyError", False),
        ("5", "KeyError", False),
        ("KeyError " * 1_000, "KeyError", False),
    ],
)
def test_an_error_is_foretold_by_a_name_that_catches_it(
    answer: str, type_: str, named: bool
) -> None:
    assert answers.names_error(answer, Raised(type_, "x"), PYTHON) is named


@pytest.mark.parametrize(
    ("answer", "endless"),
    [
        ("It never ends", True), ("an infinite loop", True), ("Endlosschleife", True),
        ("Es läuft endlos.", True), ("hört nie auf", True), ("1 1 1 … forever", True),
        ("it doesn't stop", True), ("it stops", False), ("5", False),
    ],
)  # fmt: skip
def test_that_it_never_ends_can_be_foretold(answer: str, endless: bool) -> None:
    assert answers.says_endless(answer) is endless


@given(text=st.text(max_size=50) | st.text("[](){}'\"-+*#.,:019aeEnx_\\ `?", max_size=20))
def test_any_text_can_be_read(text: str) -> None:
    for language in ("python", "javascript"):
        is_bare_value(text, "", language)
        is_bare_value(text, "f(1)", language)
    assert is_bare_value(text, "f(1)", "python") <= ("\n" not in text.strip())
    answers.names_error(text, Raised("KeyError", ""), PYTHON)
    answers.says_endless(text)
    answers.texts(text)
