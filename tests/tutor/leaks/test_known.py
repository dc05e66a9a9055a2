"""What a student has already says nothing."""

import pytest

from tutor.leaks.edit import Edit, Verb
from tutor.leaks.known import is_new, is_new_edit, known

PROGRAM = "def f(age):\n    if age <= 12:\n        return 'child'\n"


@pytest.mark.parametrize(
    ("fragment", "new"),
    [
        ("age <= 12", False),
        ("if age<=12:", False),
        ('return "child"', False),
        ("age", False),
        ("total", False),  # a bare name
        ("", False),
        ("<=", False),
        ("<", True),  # not a part of `<=`
        ("age <= 1", True),  # nor of `12`
        ("age < 12", True),
        ("or", True),
    ],
)
def test_a_fragment_is_new_if_the_program_does_not_have_it(fragment: str, new: bool) -> None:
    assert is_new(fragment, known([PROGRAM], [])) is new


@pytest.mark.parametrize(
    ("said", "fragment", "new"),
    [
        ("I think it must be `age < 12`", "age < 12", False),
        ("perhaps <", "<", False),
        ("Should I try `return age`?", "return age", False),
        # Alternatives are no idea.
        ("is it `<` or `<=` or `>`?", "<", True),
        ("is it `<` or `<=` or `>`?", ">", True),
        ("<, >, ==?", "==", True),
        ("`<` oder `>`", ">", True),
        ("0 / 1 / 2", "2", True),
        # Words between them: two things that were said.
        ("`<` is wrong, then `>`", ">", False),
    ],
)
def test_what_the_student_said_is_not_new_but_an_enumeration_is(
    said: str, fragment: str, new: bool
) -> None:
    assert is_new(fragment, known([PROGRAM], [said])) is new


@pytest.mark.parametrize(
    ("edit", "said", "new"),
    [
        (Edit(Verb.REPLACE, ">", ">=", in_words=True), "", True),
        (Edit(Verb.REPLACE, ">", ">=", in_words=True), "Is it greater than or equal to?", False),
        (Edit(Verb.REPLACE, ">", ">=", in_words=True), "Also mindestens?", False),
        (Edit(Verb.REPLACE, ">", ">=", in_words=True), "Is it less than?", True),
        (Edit(Verb.REPLACE, ">", ">= 3", in_words=True), "At least three?", False),
        (Edit(Verb.REPLACE, ">", ">="), "Is it greater than or equal to?", True),
    ],
)
def test_a_sign_in_words_that_the_student_said_is_not_told(
    edit: Edit, said: str, new: bool
) -> None:
    assert is_new_edit(edit, known([PROGRAM], [said])) is new
