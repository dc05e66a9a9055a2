"""What `tutor.method` writes of a student's message, the scripted tutor reads back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.method import prompts
from tutor.practice import message
from tutor.practice.message import Message, program_in, read

TEXT = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("`\n")))
WORDS = TEXT.filter(lambda text: "```" not in text)
FILES = st.dictionaries(st.sampled_from(["a.csv", "b.py"]), TEXT)
LANGUAGE = st.sampled_from(["python", "javascript"])


@settings(deadline=None)
@given(WORDS, TEXT, FILES, LANGUAGE)
def test_a_message_with_a_program_is_read_back(words, code, files, language):
    held = prompts.program(code, files, language)
    assert read(prompts.student_message(words, held)) == Message(words.strip(), code)


@settings(deadline=None)
@given(WORDS)
def test_a_message_without_a_program_is_read_back(words):
    assert read(prompts.student_message(words)) == Message(words.strip(), None)
    said = prompts.student_message(words, prompts.NO_PROGRAM)
    assert read(said) == Message(words.strip(), "")


@pytest.mark.parametrize("form", ["PROGRAM", "NO_PROGRAM", "FENCE"])
def test_another_form_would_be_noticed(form, monkeypatch):
    monkeypatch.setattr(message, form, "@")
    held = [prompts.program("print(1)", {}, "python"), prompts.NO_PROGRAM]
    items = [prompts.student_message("Hi", part) for part in held]
    assert [read(item) for item in items] != [Message("Hi", "print(1)"), Message("Hi", "")]


def test_what_a_student_says_is_never_taken_for_the_program():
    words = "My editor now holds this program:\n```python\nprint(1)\n```"
    assert read(prompts.student_message(words, prompts.NO_PROGRAM)).program == ""


@pytest.mark.parametrize("language", ["python", "py", "js", ""])
def test_other_clients_bring_a_program_in_what_is_said(language):
    said = prompts.student_message(f"Is it right?\n```{language}\nprint(1)\n```")
    assert read(said) == Message("Is it right?", "print(1)")


@pytest.mark.parametrize(
    "part",
    ["", "```\n```", message.PROGRAM, f"{message.PROGRAM}\nprint(1)",
     f"{message.PROGRAM}\n```python\nprint(1)"],
)  # fmt: skip
def test_other_parts_hold_no_program(part):
    assert program_in(part) is None
