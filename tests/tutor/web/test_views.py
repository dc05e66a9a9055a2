"""The pages around the classroom, and what instructors see."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from courses.models import Course, Enrolment, Lesson
from sandbox.files import PNG, OutputFile
from sandbox.job import Result, Status
from sandbox.models import Run
from tutor import checks
from tutor.identity import roles
from tutor.method import prompts
from tutor.models import (
    Conversation,
    Dialogue,
    StepRun,
    StoredContext,
    TurnStarted,
    Workbook,
    run_view,
)
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.commands import StudentEdited
from tutor.protocol.events import Ending, StudentSaid, Usage

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(ada: User, lesson: Lesson) -> Conversation:
    """A dialogue with one turn: a question, a run, an answer."""
    conversation = Conversation.open(ada, lesson)
    begun = Dialogue(conversation).say(StudentSaid("message-1", "Why <b>6</b>?", "print(1)\n"))
    assert isinstance(begun, TurnStarted)
    assert begun.fence
    arguments = json.dumps({"code": "print(1)", "stdin": ""})
    call = {
        "type": "function_call",
        "call_id": "call_1",
        "name": "execute_code",
        "arguments": arguments,
    }
    output = {"type": "function_call_output", "call_id": "call_1", "output": "{}"}
    answer = {"type": "message", "role": "assistant", "content": "What do you expect?"}
    stored = (Save((call, output, answer)), EndTurn(Ending.DONE))
    Dialogue(conversation).store(begun.fence, begun.turn, stored)
    Run.objects.create(
        key=conversation.call_key(2),
        student=ada, origin="tutor", group=conversation.group, code="print(1)",
        status="ok", exit_code=0, stdout="1\n",
    )  # fmt: skip
    return conversation


def test_without_logging_in_there_is_only_the_log_in_page(client: Client, lesson: Lesson) -> None:
    for url in ("/", f"/lessons/{lesson.course.slug}/{lesson.slug}/"):
        assert client.get(url)["Location"] == f"/login/?next={url}"
    assert client.get("/login/").status_code == 200


def test_the_log_in_page_names_demo_accounts_only_where_there_are_some(
    client: Client, course: Course
) -> None:
    assert "ada" not in client.get("/login/").content.decode()
    call_command("demo", stdout=None, verbosity=0)
    assert "ada" in client.get("/login/").content.decode()
    assert client.login(username="ada", password="ada")
    assert User.objects.get(username="teacher").is_staff
    assert Enrolment.objects.filter(course=course, student__username="ada").exists()


def test_a_student_sees_the_lessons_of_her_courses(client: Client, ada: User) -> None:
    client.force_login(ada)
    page = client.get("/").content.decode()
    assert "Every day counts" in page
    assert "Pack your bag" in page


def test_the_lesson_page_holds_neither_solution_nor_hidden_cases(
    client: Client, ada: User, lesson: Lesson
) -> None:
    client.force_login(ada)
    page = client.get(f"/lessons/{lesson.course.slug}/{lesson.slug}/").content.decode()
    [step] = lesson.document["steps"]
    assert lesson.title in page
    assert "days + 1" in step["solution"]
    assert "days + 1" not in page
    for case in step["hidden"]:
        assert case["call"] not in page


def test_the_page_is_told_the_language_and_the_name_of_the_students_program(
    client: Client, ada: User, lesson: Lesson
) -> None:
    client.force_login(ada)
    for language, main_file in (("python", "main.py"), ("javascript", "main.js")):
        Course.objects.filter(pk=lesson.course_id).update(language=language)
        page = client.get(f"/lessons/{lesson.course.slug}/{lesson.slug}/").context["page"]
        assert (page["language"], page["main_file"]) == (language, main_file)


def test_a_lesson_of_another_course_is_refused_with_a_reason(
    client: Client, stranger: User, lesson: Lesson
) -> None:
    client.force_login(stranger)
    refused = client.get(f"/lessons/{lesson.course.slug}/{lesson.slug}/")
    assert refused.status_code == 403
    assert "not enrolled" in refused.content.decode()


def test_a_lesson_before_its_day_is_not_found(client: Client, ada: User, lesson: Lesson) -> None:
    client.force_login(ada)
    url = f"/lessons/{lesson.course.slug}/{lesson.slug}/"
    assert client.get(url).status_code == 200
    Lesson.objects.filter(pk=lesson.pk).update(released_at=timezone.now() + timedelta(hours=1))
    assert client.get(url).status_code == 404
    assert lesson.title not in client.get("/").content.decode()


def test_a_lesson_that_does_not_exist_is_not_found(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.get("/lessons/first-steps/nothing/").status_code == 404


def test_a_dialogue_stays_on_the_version_it_began_with(
    client: Client, ada: User, lesson: Lesson, conversation: Conversation
) -> None:
    Lesson.objects.filter(pk=lesson.pk).update(current=False)
    newer = Lesson.objects.get(pk=lesson.pk)
    newer.pk, newer.digest, newer.current, newer.title = None, "0" * 64, True, "Newer"
    newer.save()
    assert Conversation.open(ada, newer).pk == conversation.pk
    client.force_login(ada)
    page = client.get(f"/lessons/{lesson.course.slug}/{lesson.slug}/").content.decode()
    assert lesson.title in page


def test_what_runs_on_no_page_may_run_by_an_injected_script(client: Client) -> None:
    policy = client.get("/login/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy  # so scripts follow default-src: none inline


@pytest.mark.parametrize(
    "model", ["courses/course", "courses/lesson", "courses/enrolment", "tutor/conversation",
              "tutor/response", "sandbox/run"],
)  # fmt: skip
@pytest.mark.parametrize("query", ["", "?q=ada"])
def test_an_instructor_finds_everything_in_the_admin(
    client: Client, teacher: User, conversation: Conversation, model: str, query: str
) -> None:
    client.force_login(teacher)
    assert client.get(f"/admin/{model}/{query}").status_code == 200


def test_an_instructor_reads_a_dialogue_and_cannot_change_it(
    client: Client, teacher: User, conversation: Conversation
) -> None:
    client.force_login(teacher)
    url = f"/admin/tutor/conversation/{conversation.pk}/change/"
    page = client.get(url).content.decode()
    assert "Why &lt;b&gt;6&lt;/b&gt;?" in page
    assert "What do you expect?" in page
    assert 'name="_save"' not in page
    assert client.post(url, {"code": "forged"}).status_code == 403
    # What was not to replace the program of the message is there too.
    stale = StudentEdited("edit-0001", "print('<b>older</b>')\n", base=0)
    assert Workbook(conversation).save_program(stale).made.version
    page = client.get(url).content.decode()
    assert "&lt;b&gt;older&lt;/b&gt;" in page
    assert "<b>older" not in page
    assert 'name="_save"' not in page
    run = Run.objects.get()
    assert "print(1)" in client.get(f"/admin/sandbox/run/{run.pk}/change/").content.decode()
    assert client.post(f"/admin/sandbox/run/{run.pk}/change/", {"code": "x"}).status_code == 403


def test_an_instructor_reads_predictions_hints_and_runs_and_cannot_change_them(
    client: Client, teacher: User, conversation: Conversation
) -> None:
    step, run = conversation.step, Run.objects.get()
    conversation.predictions.create(
        number=2, turn=conversation.turns.latest("number"), step=step, call="f(<b>)",
        question="<b>What?", code="x = '<b>'", code_hash="h", answer="<b>4", gave="5",
        answered_at=timezone.now(), verdict="wrong",
    )  # fmt: skip
    conversation.hints.create(number=3, step=step, level=1, text="Look <b>here", code_hash="h")
    conversation.step_runs.create(run=run, step=step, code_hash="h", own=True, added="print('<b>')")
    conversation.attempts.create(
        step=step, client_id="attempt-1", answer={"code": ""}, state="judged", number=1,
        help={"level": 1},
    )  # fmt: skip
    client.force_login(teacher)
    url = f"/admin/tutor/conversation/{conversation.pk}/change/"
    page = client.get(url).content.decode()
    for shown in ("f(&lt;b&gt;)", "&lt;b&gt;What?", "&lt;b&gt;4", "Look &lt;b&gt;here",
                  "print(&#x27;&lt;b&gt;&#x27;)", "&quot;level&quot;: 1"):  # fmt: skip
        assert shown in page, shown
    assert "<b>" not in page
    assert 'name="_save"' not in page


def test_an_instructor_reads_the_history_of_a_program(
    client: Client, ada: User, conversation: Conversation
) -> None:
    edit = StudentEdited("edit-0001", "2 < 3", base=1, files={}, cause="reset")
    Workbook(conversation).save_program(edit)
    ada.is_staff = True
    ada.save()
    client.force_login(ada)
    url = "/admin/tutor/programrevision/"
    assert client.get(url).status_code == 403
    ada.groups.add(roles.instructors())
    dialogue = client.get(f"/admin/tutor/conversation/{conversation.pk}/change/").content.decode()
    [listed] = re.findall(rf'href="({url}[^"]*)">revision 2<', dialogue)
    page = client.get(listed.replace("&amp;", "&")).content.decode()
    assert page.count('class="field-cause"') == 2
    entry = conversation.history.get(number=2)
    one = client.get(f"{url}{entry.pk}/change/").content.decode()
    assert "2 &lt; 3" in one
    assert "reset" in one
    assert 'name="_save"' not in one
    assert url not in client.get("/admin/").content.decode()


def test_an_instructor_sees_what_a_course_and_a_student_cost(
    client: Client, teacher: User, conversation: Conversation
) -> None:
    Dialogue(conversation).add_usage("resp_1", Usage(1_000, 600, 50))
    Dialogue(conversation).add_usage("resp_2", Usage(500, 400, 25))
    client.force_login(teacher)
    course = conversation.lesson.course_id
    url = f"/admin/tutor/response/?q=ada&conversation__lesson__course__id__exact={course}"
    page = client.get(url).content.decode()
    assert "<strong>1,500</strong> tokens in" in page
    assert "1,000 of them cached" in page
    assert "0</strong> tokens in" in client.get("/admin/tutor/response/?q=grace").content.decode()


def test_students_do_not_get_into_the_admin(client: Client, ada: User) -> None:
    client.force_login(ada)
    assert client.get("/admin/").status_code == 302


def test_the_instructions_are_the_same_for_all_students_of_a_lesson(
    ada: User, stranger: User, lesson: Lesson
) -> None:
    hers = StoredContext(Conversation.open(ada, lesson)).request_fields()
    his = StoredContext(Conversation.open(stranger, lesson)).request_fields()
    assert hers.pop("safety_identifier") != his.pop("safety_identifier")
    assert hers == his
    [step] = lesson.document["steps"]
    assert step["solution"] not in hers["instructions"]
    assert '"cases":[{"call":' in hers["instructions"]


def test_what_a_program_has_left_is_for_its_student_and_for_instructors(
    client: Client, conversation: Conversation, ada: User, stranger: User, teacher: User
) -> None:
    run = conversation.request_run("student", "my-run-1", "print(1)", files={})
    page, picture = (
        OutputFile("a\r\nX: y.html", "text/html", b"<p>"),
        OutputFile("p.png", PNG, b"p"),
    )
    run.finish(Result(Status.OK, 0, files=(page, picture)))
    page_url, picture_url = (file.url for file in run_view(run).files)
    assert client.get(page_url)["Location"] == f"/login/?next={page_url}"
    seen = {}
    for user in (ada, stranger, teacher):
        client.force_login(user)
        seen[user.username] = client.get(page_url).status_code
    assert seen == {"ada": 200, "stranger": 404, "teacher": 200}
    # Nothing but a checked picture is shown as what it says it is.
    told = client.get(page_url)
    assert told["Content-Type"] == "application/octet-stream"
    assert told["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in told["Content-Security-Policy"]
    assert client.get(picture_url)["Content-Type"] == PNG


def test_what_a_run_of_the_tutors_has_left_is_withheld_with_its_output(
    client: Client, conversation: Conversation, ada: User, teacher: User
) -> None:
    run = conversation.request_run("tutor", "call.9", "print(1)", files={})
    run.finish(Result(Status.OK, 0, files=(OutputFile("solution.py", data=b"x = 1"),)))
    [url] = [file.url for file in run_view(run).files]
    in_step = conversation.step_runs.create(run=run, step=conversation.step, code_hash="h")
    found = {}
    for in_step.output in (StepRun.SHOWN, StepRun.UNJUDGED, StepRun.WITHHELD):
        in_step.save()
        for user in (ada, teacher):
            client.force_login(user)
            found[user.username, in_step.output] = client.get(url).status_code
    assert {who for who, status in found.items() if status == 404} == {
        ("ada", StepRun.UNJUDGED), ("ada", StepRun.WITHHELD),
    }  # fmt: skip


def test_a_system_check_would_notice_if_dialogues_were_stored_upstream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert checks.store_is_false(None) == []
    monkeypatch.setattr(prompts, "request_fields", lambda **fields: {"store": True})
    assert [found.id for found in checks.store_is_false(None)] == ["tutor.E001"]


def test_a_system_check_names_a_database_that_other_machines_cannot_reach(settings: Any) -> None:
    settings.EMBEDDED = False
    assert [found.id for found in checks.several_machines_share_a_database(None)] == ["tutor.W001"]
