"""An answer in pieces: what is shown at once, what is held, and that no cut changes it."""

import re
import time
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tutor.leaks.pieces import MOST_HELD, Piece, Pieces

FENCE = "```python\nif age < 12:\n    return 5\n```\n"


def pieces(text: str, *sizes: int) -> list[Piece]:
    """The pieces of a text that comes in deltas of these sizes, the last one the rest."""
    cutter = Pieces()
    ends = [0, *(min(end, len(text)) for end in accumulate(sizes)), len(text)]
    found = [piece for a, b in pairwise(ends) for piece in cutter.feed(text[a:b])]
    return [*found, *cutter.close()]


def joined(found: list[Piece]) -> list[tuple[bool, str]]:
    """Neighbours of one kind together: (is held, text)."""
    runs: list[tuple[bool, str]] = []
    for piece in found:
        if runs and runs[-1][0] is piece.held:
            runs[-1] = (piece.held, runs[-1][1] + piece.text)
        else:
            runs.append((piece.held, piece.text))
    return runs


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("What did you expect? Say it in your own words.", []),
        ("- First think.\n- Then ask yourself why.\n\nGo on.", []),
        # A code span, to the end of its sentence; a sentence does not end in a span.
        ("See `a. b` there. And on.", ["`a. b` there."]),
        ("See ``a ` b. c`` there! And on.", ["``a ` b. c`` there!"]),
        ("A `span that is not closed. Ever.\n\nAnd on.", ["`span that is not closed. Ever.\n\n"]),
        # Fences.
        (f"Look:\n\n{FENCE}Do you see it?", [FENCE]),
        (f"Look:\n{FENCE}Do you see it?", [FENCE]),
        ("Look:\n~~~\na. b\n```\nc. d\n~~~\nAnd on.", ["~~~\na. b\n```\nc. d\n~~~\n"]),
        ("````\n```\na. b\n````\nAnd on.", ["````\n```\na. b\n````\n"]),
        ("Look:\n```\nnever closed. Really.\n\nOn", ["```\nnever closed. Really.\n\nOn"]),
        ("- one\n  ```\n  a. b\n  ```\n\nAnd on.", ["  ```\n  a. b\n  ```\n"]),
        ("> ```\n> a. b\n> ```\n> And on.", [" ```\n> a. b\n> ```\n"]),
        # Out of its list a fence is closed, and nobody knows what the next one is.
        ("- ```\n  a\nb. c\n```\nd. e", [" ```\n  a\nb. c\n```\nd. e"]),
        ("> ```\n> x\n\n> b\n> ```\n> d. e", [" ```\n> x\n\n> b\n> ```\n> d. e"]),
        # A back-quote that is no mark.
        ("So \\` is `a. b c` it. Yes.\n\nAnd on.", ["\\` is `a. b c` it. Yes.\n\n"]),
        ("See ```a. b``` there. And on.", ["```a. b``` there."]),
        # Lines that are indented, lists, tables.
        ("So:\n\n    a = b. c\n\nAnd on.", ["    a = b. c\n\n"]),
        ("So:\n\n\ta. b\n\nAnd on.", ["\ta. b\n\n"]),
        ("- See `a`. So\n- and on. Yes\n\nAnd on.", ["`a`. So\n- and on. Yes\n\n"]),
        ("|a. b|c|\n|---|---|\n|d. e|f|\n\nAnd on.", ["|a. b|c|\n|---|---|\n|d. e|f|\n\n"]),
        # Words and signs of edits.
        ("Think. Move the loop. And on.", ["Move the loop."]),
        ("Think. Now line 4, please! And on.", ["4, please!"]),
        ("It is less than twelve. And on.", ["than twelve."]),
        ("Is it x > y? And on.", ["x > y?"]),
        ("Denk nach. Ersetze das hier. Und weiter.", ["Ersetze das hier."]),
        ("Es sind mindestens so viele. Und weiter.", ["mindestens so viele."]),
        ("In der dritten Zeile. Und weiter.", ["Zeile."]),
        ("Write return total and stop. And on.", ["Write return total and stop."]),
        ("See **n** there. And on.", ["**n** there."]),
        ("A <code>a b</code> there. And on.", ["<code>a b</code> there."]),
        ("So $a$ is. And on.", ["$a$ is."]),
        ("A riddle: cmV0dXJuIHRvdGFsIC8 so. And on.", ["cmV0dXJuIHRvdGFsIC8 so."]),
        ("Call f(x) there. And on.", ["f(x) there."]),
        ("The name my_total. And on.", ["my_total."]),
        ("It is n ≥ m here. And on.", ["n ≥ m here."]),
        ("The word „unter“ there. And on.", ["„unter“ there."]),
        ("a" * 100 + ". And on.\n\nAnd on.", ["a" * 100 + ". And on.\n\n"]),
        ("Windows.\r\nIs `it. so` then.\r\n\r\nAnd on.", ["`it. so` then."]),
    ],
)  # fmt: skip
def test_it_is_held_from_the_word_that_begins_it_to_the_end_of_its_sentence_or_block(
    text: str, held: list[str]
) -> None:
    assert [piece for is_held, piece in joined(pieces(text)) if is_held] == held


def test_a_word_is_shown_before_it_is_complete() -> None:
    cutter = Pieces()
    assert cutter.feed("Wh") == [Piece("Wh", held=False)]
    assert cutter.feed("at if") == [Piece("at if", held=False)]
    assert not cutter.is_holding
    assert cutter.feed(" you `a") == [Piece(" you ", held=False)]
    assert cutter.feed("` b. ") == [Piece("`a` b.", held=True), Piece(" ", held=False)]


def test_it_holds_until_the_sentence_is_over() -> None:
    cutter = Pieces()
    cutter.feed("So `a` ")
    assert cutter.is_holding
    assert cutter.close() == [Piece("`a` ", held=True)]


def test_what_is_held_is_bounded() -> None:
    found = pieces("```\n" + "word " * 10_000)
    assert {piece.held for piece in found} == {True}
    assert max(len(piece.text) for piece in found) <= MOST_HELD + 100


MARKS = st.sampled_from([
    "`", "``", "```", "```py", "~~~", "\n", "\n\n", "\r\n", " ", "  ", "    ", "\t", "- ", "1. ",
    "> ", "# ", "|", "---", "\\", "<b>", "<a:b`", "*", ".", "?", ": ", ". ", "x", "two words",
    "two words", "word", "less than ", "line 4", "=", "replace", "a" * 70, "é", "≤", "$",
])  # fmt: skip
TEXTS = st.lists(MARKS, max_size=40).map("".join)
SIZES = st.lists(st.integers(0, 9), max_size=60)


def kinds(text: str, *sizes: int) -> list[bool]:
    return [piece.held for piece in pieces(text, *sizes) for _ in piece.text]


@given(TEXTS, SIZES)
def test_the_pieces_are_the_text(text: str, sizes: list[int]) -> None:
    assert "".join(piece.text for piece in pieces(text, *sizes)) == text


@given(TEXTS, SIZES)
def test_no_cut_changes_what_is_held(text: str, sizes: list[int]) -> None:
    whole, cut = kinds(text), kinds(text, *sizes)
    for at, (one, other) in enumerate(zip(whole, cut, strict=True)):
        # Of the word that begins held text letters may have been shown.
        assert one == other or text[at].isalpha() or text[at] in ",.;:!?'’)"


_markdown = MarkdownIt("js-default", {"html": False})


def codes(text: str) -> list[str]:
    """What is code by the rules of the page."""
    found = []
    for token in _markdown.parse(text):
        if token.type in {"fence", "code_block"}:
            found.append(token.content)
        found += [one.content for one in token.children or () if one.type == "code_inline"]
    return found


# Words that no trigger is in, and that can be told from each other.
@given(st.lists(MARKS, max_size=40), SIZES)
def test_no_code_of_the_page_is_free(marks: list[str], sizes: list[int]) -> None:
    letters = "abcdefghijklmnopqrstuvwxyzäöüßâêîôûàèìòùãõñç"
    text = "".join(
        f"q{letters[at]}q. w{letters[at]}w" if mark == "two words" else mark
        for at, mark in enumerate(marks)
    )
    free = " ".join(piece.text for piece in pieces(text, *sizes) if not piece.held)
    shown = set(re.findall(r"q\wq|w\ww", free))
    assert set(re.findall(r"q\wq|w\ww", " ".join(codes(text)))) & shown == set()


def test_a_delta_costs_little() -> None:
    text = ("What happens to the rest of the rounds? Say what `you` would expect of it. " * 70)[
        :5000
    ]
    deltas = [text[at : at + 3] for at in range(0, len(text), 3)]
    pieces(text)
    spent = []
    for _ in range(5):
        cutter = Pieces()
        begun = time.perf_counter()
        for delta in deltas:
            cutter.feed(delta)
        spent.append(time.perf_counter() - begun)
    assert min(spent) / len(deltas) < 20e-6
