"""Texts that give an output away, for sure or likely, and texts that only look like it."""

import time

import pytest

from courses.languages import Language
from courses.languages.javascript import JAVASCRIPT
from courses.languages.python import PYTHON
from courses.output_leaks import Leak, leak

CLAIMED = [
    ("5", "It prints 5."),
    ("5", "It prints `5`."),
    ("5", "What is 2 + 3? The program prints the number 5 because it adds."),
    ("5", "Das Programm gibt 5 aus."),
    ("5", "Das Programm druckt `5`."),
    ("5", "Das ergibt 5."),
    ("5", "Why does it print 5?"),
    ("5 6", "It prints 5 and 6."),
    ("5 6", "It prints **5 6**."),
    ("5 6", "The output is:\n\n```\n5 6\n```\n"),
    ("0\n1\n2", "It prints `0`, `1` and `2`."),
    ("0\n1\n2", "Output:\n\n```text\n0\n1\n2\n```"),
    ("0\n1\n2", "You will see this:\n\n    0\n    1\n    2\n"),
    ("True", "The comparison gives True."),
    ("True", "Die Ausgabe ist True"),
    ("[1, 2]", "It prints [1, 2]!"),
    ("*\n**", "*\n**\n"),
    ("5", "5 is printed."),
    ("5", "`5` wird ausgegeben."),
    ("5", "5 comes out"),
    ("5", "print(2 + 3) → 5"),
    ("-5", "It prints −5."),
    ("Hello Ada", "The program says Hello Ada to everyone."),
    ("3.5\n3\n1", "The results are 3.5, 3 and 1."),
    ("5", "The answer: 5"),
    ("5", "Answer: **5**"),
    ("12", "The result is\n12\n"),
    ("5", "returns 5"),
    ("5", "prints out 5 on the screen"),
    ("5 6", "prints 5\n6"),
    ("5", "It does not stop early: it prints 5."),
]

LIKELY = [
    ("5", "Die Summe ist 5."),
    ("5", "The sum is 5."),
    ("5", "Is it `5`?"),
    ("5", "Does it print 5?"),
    ("5 6", "What comes out: 5 6"),
    ("0\n1\n2", "- 0\n- 1\n- 2\n"),
    ("[1, 2]", "the list [1, 2]"),
    ("5", "It prints five."),
    ("5", "2 + 3 = 5"),
    ("Hello Ada", 'Greets with "Hello Ada".'),
    ("green", "It is `green`"),
    ("1024", "About 1024 bytes"),
    ("2", "Are there `2` lists?"),
    ("5", "It prints the number five."),
    ("5", "It prints 5, or so they say."),
    ("7", "`7` people"),
]

HARMLESS = [
    ("1024", "About -1024 bytes"),
    ("1024", "1024% more"),
    ("1024", "See issue #1024."),
    ("5", "The answer is 5/7."),
    ("5", "It prints 5:30."),
    ("5", "The output\n5. Go on."),
    ("5", "In line 5 something happens."),
    ("5", "See step 5."),
    ("5", "5. What does it print?"),
    ("5", "5) What does it print?"),
    ("5", "Exercise 5: what does this print?"),
    ("5", "It prints 5 lines."),
    ("5", "It prints 5 and 6."),
    ("5", "It prints 15."),
    ("5", "It prints -5."),
    ("5", "It prints 5.5"),
    ("5", "It does not print 5."),
    ("0\n1", "range(10)"),
    ("True", "Is it True that?"),
    ("[1, 2]", "It prints [1, 2, 3]!"),
    ("*", "**bold** and *it*"),
    ("5", "It prints five lines."),
    ("green", "Think of green light"),
    ("5", "Read chapter 5 of the book."),
    ("5", "It prints line 5"),
    ("2", "Nach 2 Runden ist Schluss."),
    ("2", "There are 2 lists."),
    ("8", "Kein Programm gibt 8 aus"),
    ("a\nc\nd", "Which letters does the program print, and in which order?"),
    ("5", "If n is 5 years"),
    ("5", "Ada is 5 years old and prints it."),
    ("5", "## 5 Loops"),
    ("5", "Turn to page 5."),
    ("5", "On day 5, what is printed?"),
]


@pytest.mark.parametrize(("output", "text"), CLAIMED)
def test_a_text_that_says_the_output_claims_it(output: str, text: str) -> None:
    found = leak(output, text)
    assert found is not None
    assert found.certainty == "claimed"


@pytest.mark.parametrize(("output", "text"), LIKELY)
def test_a_text_that_names_the_output_likely_gives_it_away(output: str, text: str) -> None:
    found = leak(output, text)
    assert found is not None
    assert found.certainty == "likely"


@pytest.mark.parametrize(("output", "text"), HARMLESS)
def test_a_number_that_means_something_else_gives_nothing_away(output: str, text: str) -> None:
    assert leak(output, text) is None


@pytest.mark.parametrize(
    ("output", "text", "other"),
    [
        ("5", "Is it `5` or `6`?", "6"),
        ("5", "Does it print `5` or `6`?", "6"),
        ("5", "Gibt es 5 oder 6 aus?", "6"),
        ("0\n1", "Is it\n\n```\n0\n1\n```\n\nor\n\n```\n0\n1\n2\n```\n\n?", "0\n1\n2"),
    ],
)
def test_a_choice_of_a_right_and_a_wrong_output_gives_nothing_away(
    output: str, text: str, other: str
) -> None:
    assert leak(output, text, (other,)) is None
    assert leak(output, text.replace(other, "0")) is not None, "the other one is no belief's"


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("It prints `17` in the first line and `28` in the second.", "claimed"),
        ("Not `28`: first comes `17`, then, in a line of its own, `28`.", "likely"),
        ("First comes `28`, then, in a line of its own, `17`.", None),
        ("Line 17 comes before line 28.", None),
        ("It prints `17`." + " So it is." * 40 + " Then comes `28`.", None),
    ],
)
def test_lines_that_are_quoted_one_after_the_other_give_an_output_away(
    text: str, certainty: str | None
) -> None:
    found = leak("17\n28\n", text)
    assert (found and found.certainty) == certainty
    assert leak("17\n28\n", text, by_lines=False) is None


def test_an_output_of_nothing_is_nowhere() -> None:
    assert leak("5", "Is it `5`, or\n\nnot?", ("", " \n")) is not None


def test_the_worst_place_is_told() -> None:
    text = "Is it `5`? It prints 5."
    assert leak("5", text) == Leak(text.rindex("5"), "claimed", telling=False)


def test_long_texts_of_one_number_are_looked_at_all_the_same() -> None:
    assert leak("1", "1 " * 30_000) is None
    assert leak("1 " * 4_000, "1 " * 30_000) is not None


@pytest.mark.parametrize(
    ("language", "program", "code", "words"),
    [
        (PYTHON, "a = 1  # one\nb", "a = 1       \nb", "         one\n "),
        (PYTHON, "a = '# no'", "a = '# no'", " " * 10),
        (PYTHON, 'a = """\n# no\n"""', 'a = """\n# no\n"""', "       \n    \n   "),
        (PYTHON, '"""Say it."""\na', " " * 13 + "\na", "   Say it.   \n "),
        (PYTHON, "def f():\n  '''It.'''", "def f() \n" + " " * 11, " " * 8 + "\n     It.   "),
        (JAVASCRIPT, "a // one\nb", "a       \nb", "     one\n "),
        (JAVASCRIPT, "/* one\ntwo */ b", "      \n       b", "   one\ntwo     "),
        (JAVASCRIPT, "a = '// no' + `/* no */`", "a = '// no' + `/* no */`", " " * 24),
    ],
)
def test_comments_are_told_from_code_at_the_same_places(
    language: Language, program: str, code: str, words: str
) -> None:
    found = language.split_comments(program)
    assert found == (code, words.ljust(len(program)))


@pytest.mark.parametrize(
    "text",
    ["/* " * 20_000, "`\\" * 20_000, "'''" + "\\'" * 20_000, "\\'" * 30_000, "\n" * 60_000],
    ids=["comments", "templates", "triple", "quotes", "lines"],
)
def test_what_is_never_closed_takes_no_longer_than_what_is(text: str) -> None:
    began = time.process_time()
    for language in (PYTHON, JAVASCRIPT):
        language.split_comments(text)
    leak("5", f"{text} 5")
    assert time.process_time() - began < 3, "a tenth of a second; its square takes 10 s"
