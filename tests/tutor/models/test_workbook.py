"""The programs and files of a student in the steps of a lesson."""

import pytest
from django.contrib.auth.models import User

from courses.facts import CodeStep
from courses.models import Course
from sandbox.models import Run
from tests.tutor.models.foundations import dialogue, keep, step_of
from tutor.models import (
    BadStep,
    Conversation,
    Dialogue,
    Workbook,
)
from tutor.protocol import frames
from tutor.protocol.calls import RunCall
from tutor.protocol.commands import StudentTyped
from tutor.protocol.events import StudentSaid
from tutor.session.runs import Runs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]


def test_a_lesson_begins_at_its_first_step_with_what_the_author_put_there(
    conditions: Conversation,
) -> None:
    views = Workbook(conditions).views()
    assert [(view.id, view.state) for view in views] == [
        ("two-ifs", "begun"), ("which-comparison", "new"), ("ticket-price", "new"),
    ]  # fmt: skip
    lesson = conditions.lesson.source()
    ticket = lesson.step("ticket-price")
    assert isinstance(ticket, CodeStep)
    assert views[2].code == ticket.starter
    assert views[1].code == ""


def test_each_step_keeps_a_program_of_its_own(conditions: Conversation) -> None:
    keep(conditions, "ticket-price", "one")
    keep(conditions, "which-comparison", "two")
    keep(conditions, "ticket-price", "three")
    assert step_of(conditions, "ticket-price").code == "three"
    assert step_of(conditions, "which-comparison").code == "two"


def test_the_program_of_a_prediction_stays_the_authors(conditions: Conversation) -> None:
    before = step_of(conditions, "two-ifs").code
    keep(conditions, "two-ifs", "print('mine')")
    assert step_of(conditions, "two-ifs").code == before != ""


def test_the_next_visit_begins_at_the_step_that_was_left(conditions: Conversation) -> None:
    Workbook(conditions).open_step("ticket-price")
    again = Conversation.objects.get(pk=conditions.pk)
    assert Workbook(again).step("").id == "ticket-price"


def test_a_text_is_done_once_it_is_read(foundations: Course, ada: User) -> None:
    assert Workbook(dialogue(foundations, "small-programs", ada)).views()[0].state == "passed"


def test_an_unknown_step_and_an_unknown_file_are_refused_in_words(
    conditions: Conversation,
) -> None:
    with pytest.raises(BadStep, match="no such step"):
        Workbook(conditions).open_step("nowhere")
    with pytest.raises(BadStep, match="no such file"):
        keep(conditions, "ticket-price", "", {"secrets.txt": ""})
    with pytest.raises(BadStep, match="another kind"):
        Workbook(conditions).attempt(
            frames.CheckCode(type="check_code", id="attempt-1", step="two-ifs", code="", base=0)
        )


# Files and typing


def test_files_of_a_step_stand_beside_its_programs_only(foundations: Course, ada: User) -> None:
    conversation = dialogue(foundations, "files-and-exceptions", ada)
    assert Workbook(conversation).files_for("where-it-goes-on", {}) == {}
    assert len(Workbook(conversation).files_for("add-up-prices", {})) == 3


def test_the_tutor_runs_programs_beside_the_students_files_in_the_step_that_was_asked_about(
    foundations: Course, ada: User
) -> None:
    conversation = dialogue(foundations, "small-programs", ada)
    till = conversation.lesson.source().step("till")
    assert isinstance(till, CodeStep)
    mine = {"menu.py": "PRICES = {}\n"}
    Dialogue(conversation).say(StudentSaid("message-1", "Why?", "", step="till", files=mine))
    # While the tutor thinks she leafs back.
    Workbook(conversation).open_step(conversation.lesson.source().steps[0].id)
    Runs(conversation).start(RunCall(3, "call-1", "from menu import PRICES", ""))
    run = Run.objects.get()
    assert run.files == mine
    assert run.stdin == till.stdin != ""


def test_the_tutor_runs_programs_beside_what_the_message_brought_whatever_is_stored(
    foundations: Course, ada: User
) -> None:
    conversation = dialogue(foundations, "small-programs", ada)
    older, newer = {"menu.py": "PRICES = {}\n"}, {"menu.py": "PRICES = {1: 2}\n"}
    keep(conversation, "till", "newer", newer)
    # From a page that has not heard of it.
    Dialogue(conversation).say(StudentSaid("message-1", "Why?", "older", step="till", files=older))
    Runs(conversation).start(RunCall(3, "call-1", "from menu import PRICES", ""))
    assert Run.objects.get().files == older
    assert step_of(conversation, "till").files == newer


def test_what_is_typed_reaches_the_students_own_interactive_run(
    conditions: Conversation,
) -> None:
    run = conditions.request_run("student", "my-run-1", "input()", files={}, interactive=True)
    conditions.type_into_run(StudentTyped("my-run-1", "4\n"))
    conditions.type_into_run(StudentTyped("nobodys-run", "5\n"))
    conditions.type_into_run(StudentTyped("my-run-1", "", ends=True))
    assert [(each.text, each.ends) for each in run.inputs.all()] == [("4\n", False), ("", True)]
