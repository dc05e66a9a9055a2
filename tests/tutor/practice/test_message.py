"""What `tutor.method` writes of a student's message, the scripted tutor reads back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.method import prompts
from tutor.practice import message
from tutor.practice.message import Message, program_in, read, step_in

NAME = st.text("az09-", min_size=1, max_size=6)
TEXT = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("`\n")))
WORDS = TEXT.filter(lambda text: "```" not in text)
FILES = st.dictionaries(st.sampled_from(["a.csv", "b.py"]), TEXT)
LANGUAGE = st.sampled_from(["python", "javascript"])
SITUATION = st.builds(
    prompts.Situation, NAME, st.integers(0, 9), st.integers(0, 9), last_check=TEXT, last_run=TEXT
)


@settings(deadline=None)
@given(WORDS, SITUATION, TEXT, FILES, LANGUAGE)
def test_a_message_with_a_program_is_read_back(words, now, code, files, language):
    held = prompts.program(code, files, language)
    item = prompts.student_message(words, prompts.situation(now), held)
    assert read(item) == Message(words.strip(), code, now.step)


@settings(deadline=None)
@given(WORDS, SITUATION)
def test_a_message_in_a_step_without_a_program_is_read_back(words, now):
    item = prompts.student_message(words, prompts.situation(now), prompts.NO_PROGRAM)
    assert read(item) == Message(words.strip(), "", now.step)


@settings(deadline=None)
@given(WORDS)
def test_a_message_that_says_nothing_of_program_and_step_is_read_back(words):
    assert read(prompts.student_message(words)) == Message(words.strip(), None, "")


@settings(deadline=None)
@given(SITUATION, TEXT, FILES, LANGUAGE)
def test_no_part_is_taken_for_another(now, code, files, language):
    assert program_in(prompts.situation(now)) is None
    assert step_in(prompts.program(code, files, language)) == step_in(prompts.NO_PROGRAM) == ""


@pytest.mark.parametrize("form", ["STEP", "ATTEMPTS", "PROGRAM", "NO_PROGRAM", "FENCE"])
def test_another_form_would_be_noticed(form, monkeypatch):
    monkeypatch.setattr(message, form, "@")
    now = prompts.situation(prompts.Situation("one"))
    held = [prompts.program("print(1)", {}, "python"), prompts.NO_PROGRAM]
    items = [prompts.student_message("Hi", now, part) for part in held]
    assert [read(item) for item in items] != [
        Message("Hi", "print(1)", "one"), Message("Hi", "", "one"),
    ]  # fmt: skip


def test_what_a_student_says_is_never_taken_for_another_part():
    words = "My editor now holds this program:\n```python\nprint(1)\n```"
    now = prompts.situation(prompts.Situation("one"))
    assert read(prompts.student_message(words, now, prompts.NO_PROGRAM)).program == ""
    assert read(prompts.student_message(now)).step == ""


@pytest.mark.parametrize(
    "part",
    ["", "```\n```", message.PROGRAM, f"{message.PROGRAM}\nprint(1)",
     f"{message.PROGRAM}\n```python\nprint(1)"],
)  # fmt: skip
def test_other_parts_hold_no_program(part):
    assert program_in(part) is None
