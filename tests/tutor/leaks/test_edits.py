"""Edits that sentences tell, in English and in German, and questions that tell none."""

import time

import pytest

from tutor.leaks.edit import Edit, Verb
from tutor.leaks.edits import directives
from tutor.leaks.said import Channel, Said


def edits(text: str, channel: Channel = Channel.REPLY) -> list[Edit]:
    return [edit for group in directives(Said(channel, text)) for edit in group]


def swap(a: str, b: str, *lines: int, in_words: bool = False) -> Edit:
    return Edit(Verb.REPLACE, a, b, lines, in_words=in_words)


def put(b: str, *lines: int) -> Edit:
    return Edit(Verb.PUT, "", b, lines)


ENGLISH = [
    ("Replace `<` with `<=`.", swap("<", "<=")),
    ("Replace < with <= in line 3.", swap("<", "<=", 3)),
    ("What if you changed `<=` to `<` in your second line?", swap("<=", "<", 2)),
    ("On lines 2, 4, and 6 replace `=` with `==`.", swap("=", "==", 2, 4, 6)),
    ("Change `a`, `b` to `c`, `d`.", swap("b", "d")),
    ("`<=` should be `<`.", swap("<=", "<")),
    ("The `1` needs to become a zero.", swap("1", "0", in_words=True)),
    ("Use `%` instead of `/`.", swap("/", "%")),
    ("You have to use % rather than / there.", swap("/", "%")),
    ("Instead of `/` write `%`.", swap("/", "%")),
    ("Use greater than or equal to instead of `>`.", swap(">", ">=", in_words=True)),
    ("It should say less than 12 and not less than or equal to 12.",
     swap("<= 12", "< 12", in_words=True)),
    ("`<` -> `<=`", swap("<", "<=")),
    ("Change the and in line 4 to an or.", swap("and", "or", 4)),
    ("Change n to n + 1.", swap("n", "n + 1")),
    ('Replace "cat" by "dog".', swap("cat", "dog")),
    ("Replace `(1, n)` with `(0, n):`", swap("(1, n)", "(0, n)")),
    ("Replace line 3 with `return x`.", put("return x", 3)),
    ("Line 4 should be `return x`.", put("return x", 4)),
    ("Change line 7 to `x = 1` and line 8 to `y = 2`.", put("x = 1", 7)),
    ("Replace line 3 with:\n\n```\nreturn x\n```", put("return x", 3)),
    ("Replace\n```\na = 1\n```\nby\n```\na = 2\n```", swap("a = 1", "a = 2")),
    ("Replace `<`\nwith `<=`.", swap("<", "<=")),
    ("Set `total` to `0`.", put("total = 0")),
    ("Set `low` and `high` to the first one, `xs[0]`.", put("low = xs[0]")),
    ("Set `low` and `high` to the first one, `xs[0]`.", put("high = xs[0]")),
    ("Replace the calls `f(1)`, `f(2)`, `f(3)` with the lines `return 1`, `return 2`, `return 3`.",
     swap("f(3)", "return 3")),
    ("Set total to 0 and dedent the return.", put("total = 0")),
    ("Set total to 0 and dedent the return.", Edit(Verb.DEDENT, "return")),
    ("Add `=` after `>`.", swap(">", ">=")),
    ("Add `[0]` after `xs`.", Edit(Verb.AFTER, "xs", "[0]")),
    ("Insert `not` before `x`.", Edit(Verb.BEFORE, "x", "not")),
    ("After `x` you need `+ 1`.", Edit(Verb.AFTER, "x", "+ 1")),
    ("Use `out += part[0]` in line 4.", put("out += part[0]", 4)),
    ("Remove `not`.", Edit(Verb.REMOVE, "not")),
    ("Delete line 5.", Edit(Verb.REMOVE, lines=(5,))),
    ("Move line 3 above line 2.", Edit(Verb.MOVE_ABOVE, lines=(3,), to=2)),
    ("Move the third line below line 5.", Edit(Verb.MOVE_BELOW, lines=(3,), to=5)),
    ("Swap lines 3 and 4.", Edit(Verb.SWAP, lines=(3, 4))),
    ("Swap `a` and `b`.", Edit(Verb.SWAP, "a", "b")),
    ("Dedent line 6.", Edit(Verb.DEDENT, lines=(6,))),
    ("Indent line six.", Edit(Verb.INDENT, lines=(6,))),
    ("Remove one level of indentation from line 4.", Edit(Verb.DEDENT, lines=(4,))),
    ("Move the return out of the loop.", Edit(Verb.DEDENT, "return")),
    ("`return n` must be outside the loop.", Edit(Verb.DEDENT, "return n")),
    ("Delete lines 6 to 8.", Edit(Verb.REMOVE, lines=(6, 7, 8))),
    ("Initialize `index` to -1 on line 2.", put("index = -1", 2)),
    ("Start with one instead of zero in line 2.", swap("0", "1", 2)),
    ("Swap `low` and `high` in the return line.", Edit(Verb.SWAP, "low", "high")),
    ("A `+` is missing before the `=` in line 5.", swap("=", "+=", 5)),
    ("A single equals sign belongs in line 3.", Edit(Verb.PUT, "", "=", (3,), in_words=True)),
    ("Line 4 belongs in an `else:`.", Edit(Verb.BEFORE, "", "else:", (4,))),
    ("Below line 5 insert `x = 1`.", Edit(Verb.AFTER, "", "x = 1", (5,))),
    ("Unindent the last line.", Edit(Verb.DEDENT, lines=(-1,))),
    ("Line 5 should line up with the `for`.", Edit(Verb.DEDENT, lines=(5,))),
    ("`return n` should not be in the loop.", Edit(Verb.DEDENT, "return n")),
    ("Use two slashes in line 5.", Edit(Verb.PUT, "", "//", (5,), in_words=True)),
]  # fmt: skip

GERMAN = [
    ("Ersetze `<` durch `<=`.", swap("<", "<=")),
    ("Du musst in Zeile 4 `and` durch `or` ersetzen.", swap("and", "or", 4)),
    ("Ändere `x > t` in `x >= t`.", swap("x > t", "x >= t")),
    ("Tausche `/` gegen `%` aus.", swap("/", "%")),
    ("Mach aus dem `>` ein `>=`.", swap(">", ">=")),
    ("Aus `>` wird `>=`.", swap(">", ">=")),
    ("`>` sollte `>=` heißen.", swap(">", ">=")),
    ("In den Zeilen 2, 4 und 6 muss `==` statt `=` stehen.", swap("=", "==", 2, 4, 6)),
    ("Verwende größer oder gleich statt `>`.", swap(">", ">=", in_words=True)),
    ("Verwende Modulo statt `/`.", swap("/", "%", in_words=True)),
    ("Ersetze „rot“ durch „blau“.", swap("rot", "blau")),
    ("Ändere das and in Zeile 4 zu einem or.", swap("and", "or", 4)),
    ("Ersetze Zeile 3 durch `return x`.", put("return x", 3)),
    ("Zeile 3 solltest du durch `return x` ersetzen.", put("return x", 3)),
    ("In der dritten Zeile muss `return x` stehen: `return x`, nimm das.", put("return x", 3)),
    ("Setze `total` auf `0`.", put("total = 0")),
    ("Du solltest `total` auf `0` setzen.", put("total = 0")),
    ("Füge nach `>` ein `=` ein.", swap(">", ">=")),
    ("Hinter `>` fehlt ein `=`.", swap(">", ">=")),
    ("Füge vor `x` ein `not` ein.", Edit(Verb.BEFORE, "x", "not")),
    ("Nimm `out += part[0]` in Zeile 4.", put("out += part[0]", 4)),
    ("Lösche `not`.", Edit(Verb.REMOVE, "not")),
    ("Das `not` kannst du streichen.", Edit(Verb.REMOVE, "not")),
    ("Zeile 5 löschen.", Edit(Verb.REMOVE, lines=(5,))),
    ("Verschiebe Zeile 3 über Zeile 2.", Edit(Verb.MOVE_ABOVE, lines=(3,), to=2)),
    ("Du musst Zeile 3 unter Zeile 5 verschieben.", Edit(Verb.MOVE_BELOW, lines=(3,), to=5)),
    ("Vertausche die Zeilen 3 und 4.", Edit(Verb.SWAP, lines=(3, 4))),
    ("Zeile 3 und Zeile 4 vertauschen.", Edit(Verb.SWAP, lines=(3, 4))),
    ("Vertausche `a` und `b`.", Edit(Verb.SWAP, "a", "b")),
    ("Rücke Zeile 6 aus.", Edit(Verb.DEDENT, lines=(6,))),
    ("Rücke Zeile 6 ein.", Edit(Verb.INDENT, lines=(6,))),
    ("Du musst Zeile 6 ausrücken.", Edit(Verb.DEDENT, lines=(6,))),
    ("Verschiebe das `return` hinter die Schleife.", Edit(Verb.DEDENT, "return")),
    ("Setze `total` auf `0` und rücke Zeile 5 aus.", put("total = 0")),
    ("Setze `low` und `high` auf `xs[0]`.", put("high = xs[0]")),
    ("Die letzte Zeile gehört nicht in die Schleife.", Edit(Verb.DEDENT, lines=(-1,))),
]


@pytest.mark.parametrize(("text", "edit"), ENGLISH + GERMAN)
def test_a_sentence_tells_an_edit(text: str, edit: Edit) -> None:
    assert edit in edits(text)


@pytest.mark.parametrize(
    "text",
    [
        "Should line 5 be inside the loop?",
        "How often does line 3 run in one call?",
        "Your second line asks `age <= 12`. For which ages is that true?",
        "What does `7 // 2` give in Python, and what did you expect?",
        "Which line decides that, line 2 or line 4?",
        "Is it `<` or `<=`?",
        "What happens to the rest of the rounds then?",
        "In which row should the whole be true although one column is false?",
        "What is different in yours?",
        "Wie oft wird Zeile 5 erreicht?",
        "Was bedeutet `>` genau? Gehört die Grenze dazu?",
        "In Zeile 4 steht `x > t`. Für welche `x` ist das wahr?",
        "Soll Zeile 5 in der Schleife stehen?",
        "Lists in Python begin at index 0, not index 1.",
        "",
    ],
)
def test_a_question_that_points_at_a_place_tells_none(text: str) -> None:
    assert edits(text) == []


def test_a_line_is_told_once() -> None:
    """Else it is put in twice where several edits are put together."""
    assert edits("Below line 5 insert `x = 1`.") == [Edit(Verb.AFTER, "", "x = 1", (5,))]


def test_a_passage_is_a_group_and_lines_are_removed_last() -> None:
    assert directives(Said(Channel.REPLY, "Delete line 5 and dedent line 6.\n\nRemove `x`.")) == [
        [Edit(Verb.DEDENT, lines=(6,)), Edit(Verb.REMOVE, lines=(5,))],
        [Edit(Verb.REMOVE, "x")],
    ]


@pytest.mark.parametrize(
    ("channel", "text"),
    [
        (Channel.CODE, "x = 1  # replace `<` with `<=`"),
        (Channel.OUTPUT, "5\nreplace < with <=\n"),
        (Channel.REPLY, "```text\nReplace < with <=\n```"),
        (Channel.REPLY, "```\nf()  # replace < with <=\n```"),
    ],
)
def test_words_in_code_and_output_tell_edits(channel: Channel, text: str) -> None:
    assert swap("<", "<=") in edits(text, channel)


def test_what_is_told_after_many_words_is_found() -> None:
    assert swap("<", "<=") in edits("well " * 500 + "replace `<` with `<=`" + " well" * 500)


HOSTILE = [
    "replace `a` ", "`a` ", "line 1 ", "line 1, 2, ", "1,", "< ", "x[", "f(", '"', "rück ", "? ",
    "    a\n",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_takes_long(text: str) -> None:
    said = Said(Channel.REPLY, text * (100_000 // len(text)))
    begun = time.process_time()
    directives(said)
    assert time.process_time() - begun < 1
