"""Candidates: likeliest first, programs all of them, each once, and never too many."""

import ast
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tutor.leaks.asking import TICKET, reply, situation
from tutor.leaks.candidates import MOST_ASIDE, MOST_PROGRAMS, candidates
from tutor.leaks.said import Channel, Said

WORDS = st.sampled_from(
    [
        "`age < 12`", "`<`", "replace", "with", "line 2", "```python\nif age:\n    return 5\n```",
        "`return age + 1`", "`x = (`", "move line 3 above line 2.", "`else:`", "remove line 4.",
        "in", "\n\n", "`def f(a):\n    return a`", "`int(...)`", "add", "after", "dedent line 3.",
    ]
)  # fmt: skip
PROGRAMS = st.one_of(
    st.sampled_from([TICKET, "", "def f(:\n", TICKET.replace(":", ""), "x = 1\n"]),
    st.text(max_size=80),
)


@settings(max_examples=15, deadline=None)
@given(program=PROGRAMS, words=st.lists(WORDS, max_size=12), text=st.text(max_size=60))
def test_a_candidate_is_a_program_and_each_tree_comes_once(
    program: str, words: list[str], text: str
) -> None:
    found = list(candidates(situation(program), reply(" ".join([*words, text]))))
    assert len(found) <= MOST_PROGRAMS
    trees = [ast.dump(ast.parse(one.program)) for one in found]
    assert len(set(trees)) == len(trees)
    assert len({one.key for one in found}) == len(found)


@settings(max_examples=10, deadline=None)
@given(text=st.text(max_size=200), channel=st.sampled_from(Channel))
def test_any_text_by_any_way_is_looked_at(text: str, channel: Channel) -> None:
    assert len(list(candidates(situation(), Said(channel, text)))) <= MOST_PROGRAMS


def test_what_was_tried_does_not_come_again() -> None:
    said = reply("Use `age < 12` and `return 6`.")
    first = list(candidates(situation(), said))
    keys = {one.key for one in first}
    assert not keys & {one.key for one in candidates(situation(), said, tried=keys)}


def test_the_likeliest_comes_among_the_first() -> None:
    found = list(candidates(situation(), reply("Replace `<=` with `<` in line 2.")))
    mended = TICKET.replace("<=", "<").strip()
    assert mended in [one.program.strip() for one in found[:4]]


def test_most_are_for_the_program_in_the_editor() -> None:
    text = "Use `age < 12` and `return 6` or `if age > 3:` or `x = age`."
    found = list(candidates(situation(TICKET, "def ticket_price(age):\n    pass\n"), reply(text)))
    assert len(found) <= MOST_PROGRAMS
    assert sum(one.base == 0 for one in found) > sum(one.base == 1 for one in found) > 0


def test_of_a_step_aside_there_are_few() -> None:
    code = "```python\ndef ticket_price(a):\n    return 5\n```\n" * 3 + "`age < 12`"
    found = list(candidates(situation(aside=True), reply(code)))
    assert 0 < len(found) <= MOST_ASIDE
    assert {one.way for one in found} == {"whole"}


def many_functions(count: int) -> str:
    return "".join(
        f"def f{n}(xs):\n    a = 0\n    for x in xs:\n        a += x * {n}\n    return a\n\n"
        for n in range(count)
    )


@pytest.mark.parametrize("program", [many_functions(200), "x = 1\n" * 1000, TICKET])
@pytest.mark.parametrize(
    "text",
    ["`xs[0] > 3` and `total = 1`, " * 700, "Replace `total` with `x` in line 3. " * 500],
    ids=["spans", "edits"],
)
def test_a_long_program_and_a_long_reply_are_bounded(program: str, text: str) -> None:
    """Seconds on the processor, with much room: it is for what grows without a bound."""
    given_ = situation(program)
    list(candidates(given_, reply("`a`")))
    began = time.process_time()
    assert len(list(candidates(given_, reply(text)))) <= MOST_PROGRAMS
    assert time.process_time() - began < 2


def test_an_example_in_a_question_is_not_said_in_the_student_s_names() -> None:
    about = situation("def total(low, high):\n    return sum(range(low, high))\n")
    asks = "Take `x` and `y`. What is in `range(x, y + 1)` that is not in `range(x, y)`?"
    told = "You need `range(x, y + 1)` there."
    ways = {one.way for one in candidates(about, reply(asks))}
    assert "renamed" not in ways
    assert "renamed" in {one.way for one in candidates(about, reply(told))}
