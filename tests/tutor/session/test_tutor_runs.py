"""The run that a call asks for: of whose program, with what behind it, beside which calls."""

import pytest
from django.contrib.auth.models import User

from courses.models import Course, Lesson
from sandbox.models import Run
from tests.conftest import sample
from tests.tutor.models.foundations import dialogue
from tutor.method import prompts
from tutor.models import Conversation, Dialogue, StepRun
from tutor.protocol.calls import RunCall
from tutor.protocol.events import RunRefused, StudentSaid
from tutor.session.runs import Runs
from tutor.session.tutor_runs import own_part

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]

OWN = "def f(n):\n    return n\n"


@pytest.mark.parametrize(
    ("code", "own", "same", "part"),
    [
        (OWN, OWN, True, (True, "")),
        ("# a comment\n" + OWN, OWN, True, (True, "")),
        (OWN + "\nprint(f(3))\n", OWN, False, (True, "print(f(3))")),
        ("def g(): ...\n", OWN, False, (False, "")),
        # It goes on within the student's last line: that is another program.
        ("def f(n):\n    return n + 1\n", OWN, False, (False, "")),
        # Everything begins with an empty program.
        ("print(1)\n", " \n", False, (False, "")),
    ],
)
def test_a_program_is_the_students_own_or_begins_with_it(
    code: str, own: str, same: bool, part: tuple[bool, str]
) -> None:
    assert own_part(code, own, same=same) == part


@pytest.mark.parametrize("code", ["", "\n", OWN, "x = '''```'''\n", "````\n```python\n", "a\r\nb"])
@pytest.mark.parametrize("files", [{}, {"menu.py": "```\nPRICES = {}\n```"}])
def test_the_program_is_read_back_from_what_the_model_is_told(
    code: str, files: dict[str, str]
) -> None:
    assert prompts.code_of(prompts.program(code, files, "python")) == code


def test_what_names_no_program_holds_none() -> None:
    assert prompts.code_of(prompts.NO_PROGRAM) is None


def said(student: User, lesson: Lesson, code: str = OWN) -> Conversation:
    conversation = Conversation.open(student, lesson)
    Dialogue(conversation).say(StudentSaid("message-1", "Why?", code))
    return conversation


def test_an_empty_code_is_the_program_that_the_message_brought(ada: User, lesson: Lesson) -> None:
    conversation = said(ada, lesson)
    work = conversation.works.get()
    work.code = "written since\n"
    work.save()
    Runs(conversation).start(RunCall(3, "call-1", "", calls=("f(1)", "f(2)")))
    run = Run.objects.get()
    assert (run.code, [case["call"] for case in run.cases]) == (OWN, ["f(1)", "f(2)"])
    assert StepRun.objects.values_list("own", "added").get() == (True, "")


def test_a_call_is_run_once_whoever_asks_and_whatever_holds_by_then(
    ada: User, lesson: Lesson
) -> None:
    conversation = said(ada, lesson)
    call = RunCall(3, "call-1", f"{OWN}print(f(3))")
    for _ in range(2):
        Runs(conversation).start(call)
    assert Run.objects.count() == 1
    assert StepRun.objects.values_list("own", "added").get() == (True, "print(f(3))")


def test_a_language_without_values_has_no_calls(db: None, ada: User) -> None:
    course = Course.publish(sample("javascript-first-steps")).course
    conversation = dialogue(course, "line-up", ada)
    Dialogue(conversation).say(StudentSaid("message-1", "Why?", "let a = 1\n"))
    refused = Runs(conversation).start(RunCall(3, "call-1", "", calls=("a",)))
    assert isinstance(refused, RunRefused)
    assert "JavaScript" in refused.output["output"]
    assert not Run.objects.exists()
