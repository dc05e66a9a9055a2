"""Values as texts: the same by type and in depth."""

import pytest

from tutor.practice.values import same, same_lines


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("6", "6"), ("'a'", '"a"'), ("[1, 2]", "[1,2]"), ("{2, 1}", "{1, 2}"),
        ("{'a': 1, 'b': [2]}", "{'b': [2], 'a': 1}"), ("nan", "nan"), ("<object>", "<object>"),
        ("1e3", "1000.0"),
    ],
)  # fmt: skip
def test_the_same(got, expected):
    assert same(got, expected)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ("6", "6.0"), ("1", "True"), ("[1]", "[True]"), ("[1]", "(1,)"), ("{1: 1}", "{1: True}"),
        ("[1, 2]", "[2, 1]"), ("'6'", "6"), ("None", "0"), ("f(1)", "f(2)"), ("[" * 999, "1"),
        ("{1, 2}", "{1}"),
    ],
)  # fmt: skip
def test_not_the_same(got, expected):
    assert not same(got, expected)


@pytest.mark.parametrize(
    ("got", "is_about"),
    [
        ("[0.30000000000000004, 1]", True), ("[0.5, 1]", False), ("(0.3, 1)", False),
        ("[0.3]", False), ("'x'", False),
    ],
)  # fmt: skip
def test_numbers_may_be_off(got, is_about):
    assert same(got, "[0.3, 1.0]", about=0.01) is is_about


def test_numbers_may_be_off_in_dictionaries_and_sets():
    assert same("{'a': 0.31}", "{'a': 0.3}", about=0.1)
    assert not same("{'b': 0.31}", "{'a': 0.3}", about=0.1)
    assert same("{1.01, 2.0}", "{2.01, 1.0}", about=0.1)
    assert not same("{1.01, 2.0}", "{2.01}", about=0.1)
    assert same("{'a', 1.0}", "{'a', 1.0}", about=0.1)


def test_blanks_at_the_ends_of_lines_do_not_count():
    assert same_lines("a \nb\n\n", "a\nb")
    assert same_lines("", "\n")
    assert not same_lines(" a", "a")
    assert not same_lines("a\n\nb", "a\nb")
