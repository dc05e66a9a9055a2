"""First light, as a student sees it: page, tutor, sandbox and database, all of them real."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.running import Classroom

pytestmark = [pytest.mark.browser, pytest.mark.docker]


def open_lesson(page: Page, title: str) -> None:
    page.get_by_role("link", name=title).click()
    expect(page.get_by_text("Online", exact=True)).to_be_visible()


def write(page: Page, code: str) -> None:
    """Replace what the editor holds."""
    editor = page.get_by_role("textbox", name="Your program")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)


def ask(page: Page, text: str) -> None:
    page.get_by_label("Message to the tutor").fill(text)
    page.get_by_role("button", name="Send").click()


def test_a_student_runs_code_asks_and_is_asked_back(room: Classroom, ada: Page) -> None:
    open_lesson(ada, "Every day counts")
    chat, output = ada.get_by_role("region", name="Tutor"), ada.get_by_role("region", name="Output")
    expect(ada.get_by_text("a local script answers")).to_be_visible()

    # She runs her own program.
    write(ada, "def kilometres(days):\n    return sum(range(1, days))\n\nprint(kilometres(3))\n")
    ada.get_by_role("button", name="Run", exact=True).click()
    expect(output).to_contain_text("3")
    expect(output).to_contain_text("exit code 0")

    # She asks; the tutor runs her code and asks back: what does she expect of a call?
    ask(ada, "Why is kilometres(3) not 6?")
    answers = chat.get_by_role("article", name="Tutor", exact=True)
    # One before the run and one after it.
    expect(answers).to_have_count(2)
    expect(chat.get_by_role("article", name="Prediction")).to_contain_text("?")
    expect(chat).to_contain_text("The tutor ran your program")
    expect(chat.get_by_role("status", name="Tutor state")).to_have_text("Ready")
    assert "days + 1" not in chat.inner_text()
    said = answers.all_inner_texts()

    # She reloads: everything is still there, and the dialogue goes on.
    ada.reload()
    expect(chat).to_contain_text("Why is kilometres(3) not 6?")
    assert answers.all_inner_texts() == said
    expect(ada.get_by_role("textbox", name="Your program")).to_contain_text("sum(range(1, days))")
    expect(chat.get_by_role("status", name="Tutor state")).to_have_text("Ready")
    before = len(room.requests())
    ask(ada, "I think range stops too early.")
    expect(answers).to_have_count(3)

    # Nothing was stored upstream, and on the warm socket only what is new was sent: facts, message.
    requests = room.requests()
    assert {request["store"] for request in requests} == {False}
    assert [request["input_items"] for request in requests[before:]] == [2] * (
        len(requests) - before
    )
    assert all(request["previous_response_id"] for request in requests[before:])


def test_stop_ends_an_answer_and_keeps_what_was_said(room: Classroom, ada: Page) -> None:
    open_lesson(ada, "Pack your bag")
    chat = ada.get_by_role("region", name="Tutor")
    ask(ada, "Hello! What is this lesson about?")
    ada.get_by_role("button", name="Stop").click()
    expect(ada.get_by_role("button", name="Send")).to_be_visible()
    expect(chat).to_contain_text(re.compile("stopped", re.IGNORECASE))
    ada.reload()
    expect(chat).to_contain_text("Hello! What is this lesson about?")


def test_a_program_without_end_is_stopped_by_its_button(room: Classroom, ada: Page) -> None:
    open_lesson(ada, "Saving up")
    output = ada.get_by_role("region", name="Output")
    write(ada, "import time\nprint('begun')\nwhile True:\n    time.sleep(0.1)\n")
    ada.get_by_role("button", name="Run", exact=True).click()
    expect(output).to_contain_text("begun")  # while it still runs
    output.get_by_role("button", name="Stop").click()
    expect(output).to_contain_text(re.compile("stopped|cancelled", re.IGNORECASE))


def test_a_student_without_a_course_is_told_whom_to_ask(room: Classroom, page: Page) -> None:
    room.manage(
        "shell", "-v0", "-c",
        "from django.contrib.auth.models import User;"
        "User.objects.create_user('nobody', password='nobody')",
    )  # fmt: skip
    page.goto(room.url)
    page.get_by_label("Username").fill("nobody")
    page.get_by_label("Password").fill("nobody")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("not enrolled in any course yet")).to_be_visible()
    page.goto(f"{room.url}/lessons/first-steps/saving-up/")
    expect(page.get_by_text("not enrolled")).to_be_visible()
