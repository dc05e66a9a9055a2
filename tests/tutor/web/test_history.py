"""The history of a step's program, as its student's page reads it."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from courses.models import Enrolment, Lesson
from tutor.models import Conversation, ProgramRevision, Workbook
from tutor.protocol.commands import StudentEdited
from tutor.turn.revisions import OwnWrites, Writer

STEP = "mend-the-sum"
WRITER = Writer("page-1", "desk")

pytestmark = pytest.mark.django_db


@pytest.fixture
def dialogue(ada: User, lesson: Lesson) -> Conversation:
    """Ada's, with two programs that were stored."""
    dialogue = Conversation.open(ada, lesson)
    write(dialogue, "first = 1\n" * 3, 0)
    write(dialogue, "second", 1, cause="reset", files={})
    return dialogue


@pytest.fixture
def url(client: Client, ada: User, lesson: Lesson, dialogue: Conversation) -> str:
    """Where Ada's page, which is logged in, finds the history of the step."""
    client.force_login(ada)
    page = client.get(f"/lessons/{lesson.course.slug}/{lesson.slug}/").context["page"]
    return f"{page['history_url']}{STEP}"


def write(dialogue: Conversation, code: str, base: int, **more: Any) -> None:
    draft = StudentEdited("edit-0001", code, STEP, base=base, **more)
    Workbook(dialogue).save_program(draft, OwnWrites(WRITER))


def error(answer: Any) -> tuple[int, bool]:
    """The status, and whether the answer says in JSON what is wrong."""
    told = json.loads(answer.content)
    return answer.status_code, list(told) == ["error"] and bool(told["error"])


def is_moment(told: str, moment: datetime) -> bool:
    """Whether that is told, to the millisecond."""
    return 0 <= (moment - datetime.fromisoformat(told)).total_seconds() < 0.001


def test_a_history_lists_its_entries_newest_first_and_the_author_s_text_last(
    client: Client, url: str, dialogue: Conversation
) -> None:
    answer = client.get(url)
    newest, older, author_s = answer.json()["revisions"]
    entry = dialogue.history.get(number=2)
    assert is_moment(newest.pop("begun_at"), entry.begun_at)
    assert is_moment(newest.pop("written_at"), entry.written_at)
    assert newest == {
        "number": 2, "cause": "reset", "page": "page-1", "device": "desk", "version": 0,
        "chars": 6, "lines": 1,
    }  # fmt: skip
    assert (older["number"], older["cause"], older["lines"]) == (1, "typed", 3)
    assert (author_s["number"], author_s["cause"], author_s["page"]) == (0, "", "")
    assert is_moment(author_s["written_at"], dialogue.created_at)
    assert answer["Cache-Control"] == "private, no-store"


def test_each_text_can_be_had(client: Client, url: str, lesson: Lesson) -> None:
    assert client.get(f"{url}/1").json() == {"number": 1, "code": "first = 1\n" * 3, "files": {}}
    [step] = lesson.document["steps"]
    assert client.get(f"{url}/0").json() == {"number": 0, "code": step["starter"], "files": {}}


def test_who_is_not_logged_in_is_told_so(client: Client, url: str) -> None:
    client.logout()
    assert [error(client.get(each)) for each in (url, f"{url}/1")] == [(401, True)] * 2


def test_who_is_not_enrolled_any_more_is_told_so(client: Client, url: str) -> None:
    Enrolment.objects.all().delete()
    assert [error(client.get(each)) for each in (url, f"{url}/1")] == [(403, True)] * 2


def test_nobody_reads_another_s_history(
    client: Client, url: str, lesson: Lesson, stranger: User, teacher: User
) -> None:
    for other in (stranger, teacher):
        client.force_login(other)
        assert error(client.get(f"{url}/1")) == (403, True)
        Enrolment.objects.create(course=lesson.course, student=other)
        # Without a dialogue there is no history.
        assert error(client.get(url)) == (404, True)
        Conversation.open(other, lesson)
        assert [entry["number"] for entry in client.get(url).json()["revisions"]] == [0]
        assert error(client.get(f"{url}/1")) == (404, True)


def test_another_step_s_entries_are_not_among_them(
    client: Client, url: str, dialogue: Conversation
) -> None:
    entry = dialogue.history.get(number=2)
    entry.pk, entry.step, entry.number = None, "elsewhere", 9
    entry.save()
    assert [one["number"] for one in client.get(url).json()["revisions"]] == [2, 1, 0]
    assert error(client.get(f"{url}/9")) == (404, True)


def test_what_there_is_not_is_said_in_words(client: Client, url: str, lesson: Lesson) -> None:
    for wrong in (f"{url}/3", f"{url}/{2**80}", f"{url[: -len(STEP)]}no-such-step", f"{url}s/1"):
        assert error(client.get(wrong)) == (404, True)
    elsewhere = url.replace(lesson.slug, "no-such-lesson")
    assert error(client.get(elsewhere)) == (404, True)
    other = lesson.course.lessons.current().exclude(pk=lesson.pk).first()
    assert other
    assert error(client.get(url.replace(lesson.slug, other.slug))) == (404, True)


def test_a_history_is_only_read(client: Client, url: str) -> None:
    assert client.post(url).status_code == 405
    assert client.delete(f"{url}/1").status_code == 405


def test_a_list_costs_the_same_at_any_length_and_loads_no_texts(
    client: Client,
    url: str,
    dialogue: Conversation,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(6):
        client.get(url)
    entry = dialogue.history.get(number=2)
    ProgramRevision.objects.bulk_create(
        ProgramRevision(
            conversation=dialogue, step=STEP, number=number, code="x" * 64_000, cause="typed",
            begun_at=entry.begun_at, written_at=entry.written_at, chars=64_000, lines=1,
        )
        for number in range(3, 60)
    )  # fmt: skip
    with django_assert_num_queries(6) as many:
        assert len(client.get(url).json()["revisions"]) == 60
    [listed] = [query["sql"] for query in many if "programrevision" in query["sql"]]
    assert '"code"' not in listed
    assert '"files"' not in listed
