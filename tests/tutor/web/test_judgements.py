"""The admin's pages of what the leak gate held back: list, one judgement, buttons, counts."""

import inspect
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import Course, Lesson
from tests.tutor.models.judged import judged, withheld
from tutor.identity.roles import instructors
from tutor.leaks import candidates
from tutor.models import Conversation, Judgement
from tutor.web.judgements import MAX_TEXT_CHARS, PER_PAGE, WAYS, changes
from tutor.web.judgements import because as said_why

pytestmark = pytest.mark.django_db

URL = "/admin/tutor/judgement/"


@pytest.fixture
def conversation(ada: User, lesson: Lesson) -> Conversation:
    return Conversation.open(ada, lesson)


@pytest.fixture
def instructor(client: Client) -> Client:
    """The browser of an instructor who is nothing else."""
    user = User.objects.create_user("grace", is_staff=True)
    user.groups.add(instructors())
    client.force_login(user)
    return client


def text_of(client: Client, url: str) -> str:
    page = client.get(url)
    assert page.status_code == 200, url
    return page.content.decode()


# One judgement


def test_every_way_in_which_a_program_is_made_is_told_in_words() -> None:
    made = re.findall(r'_Source\("(\w+)"', inspect.getsource(candidates))
    assert len(made) >= 8
    assert set(made) == set(WAYS)


def test_an_instructor_reads_why_what_and_what_instead(
    instructor: Client, conversation: Conversation
) -> None:
    one = withheld(conversation).judgement
    page = text_of(instructor, f"{URL}{one.pk}/change/")
    assert "Return `days + 1`." in page
    assert "An edit that the words tell was made" in page
    assert '<span class="removed">-    return days\n</span>' in page
    assert '<span class="added">+    return days + 1\n</span>' in page
    assert '<span class="same"> def total(days):\n</span>' in page
    assert "Which day is missing?" in page
    assert "120 ms: 3 programs, 7 runs of a case. The student&#x27;s program fails 2 cases." in page
    assert f"/admin/tutor/conversation/{conversation.pk}/change/" in page
    assert 'name="_save"' not in page


def test_what_students_and_the_model_wrote_is_escaped(
    instructor: Client, conversation: Conversation
) -> None:
    bad = "<script>alert(1)</script>"
    one = withheld(conversation, text=bad, way=bad, mended=bad, step=bad).judgement
    for page in (text_of(instructor, f"{URL}{one.pk}/change/"), text_of(instructor, URL),
                 text_of(instructor, f"{URL}sums/?by=step")):  # fmt: skip
        assert bad not in page
        assert "&lt;script&gt;alert(1)" in page


def test_what_was_only_noted_is_said_to_have_been_seen(
    instructor: Client, conversation: Conversation
) -> None:
    one = withheld(conversation, held_back=False).judgement
    assert "This text itself" in text_of(instructor, f"{URL}{one.pk}/change/")


@pytest.mark.parametrize("verdict", ["ok", "partial", "leak", "unsure"])
def test_each_verdict_is_said_in_words(verdict: str) -> None:
    assert said_why(Judgement(verdict=verdict, way="new-way:5")).endswith(".")


def test_what_was_not_run_has_the_authors_code_and_no_program(
    instructor: Client, conversation: Conversation
) -> None:
    one = withheld(conversation, way="solution", mended="return days + 1").judgement
    page = text_of(instructor, f"{URL}{one.pk}/change/")
    assert "it holds code of the author&#x27;s solution" in page
    assert 'class="difference"' not in page
    assert said_why(Judgement(verdict="leak", way="output")) == (
        "It says what the program to predict prints."
    )


def test_a_text_that_is_very_long_is_cut(instructor: Client, conversation: Conversation) -> None:
    one = withheld(conversation, text="x" * (MAX_TEXT_CHARS + 1)).judgement
    page = text_of(instructor, f"{URL}{one.pk}/change/")
    assert "x" * MAX_TEXT_CHARS + "…" in page


def test_a_difference_has_the_whole_program_and_a_sign_for_each_line() -> None:
    before = "".join(f"line {n}\n" for n in range(30))
    found = list(changes(before, before.replace("line 7\n", "line seven\n")))
    assert len(found) == 31
    assert [line for line in found if line[0] in "+-"] == ["-line 7", "+line seven"]
    assert list(changes("", "x = 1\n")) == ["+x = 1"]


# Withheld wrongly


def test_the_button_notes_who_says_it_and_takes_it_back(
    instructor: Client, conversation: Conversation
) -> None:
    one = withheld(conversation).judgement
    page = text_of(instructor, f"{URL}{one.pk}/change/")
    assert f'action="{URL}{one.pk}/wrong/"' in page
    told = instructor.post(f"{URL}{one.pk}/wrong/", follow=True).content.decode()
    one.refresh_from_db()
    assert one.wrong_by is not None
    assert (one.wrong_by.username, one.held_back, one.verdict) == ("grace", True, "leak")
    assert "1 judgement was noted as withheld wrongly." in told
    assert re.search(r"grace says so, \d{4}-\d\d-\d\d \d\d:\d\d UTC", told)
    instructor.post(f"{URL}{one.pk}/right/")
    now = Judgement.objects.get()
    assert (now.wrong_by, now.wrong_at) == (None, None)


def test_the_action_notes_all_that_were_chosen(
    instructor: Client, conversation: Conversation
) -> None:
    chosen = [withheld(conversation).judgement.pk, withheld(conversation).judgement.pk]
    other = withheld(conversation).judgement
    sent = {"action": "say_wrong", "_selected_action": chosen}
    page = instructor.post(URL, sent, follow=True).content.decode()
    assert "2 judgements were noted" in page
    assert Judgement.objects.exclude(wrong_at=None).count() == 2
    sent = {"action": "take_back", "_selected_action": [*chosen, other.pk]}
    assert (
        "2 judgements were taken back" in instructor.post(URL, sent, follow=True).content.decode()
    )


def test_who_may_only_read_cannot_say_it(
    client: Client, stranger: User, conversation: Conversation
) -> None:
    stranger.is_staff = True
    stranger.save()
    stranger.user_permissions.add(Permission.objects.get(codename="view_judgement"))
    client.force_login(stranger)
    one = withheld(conversation).judgement
    assert "/wrong/" not in text_of(client, f"{URL}{one.pk}/change/")
    assert client.post(f"{URL}{one.pk}/wrong/").status_code == 403
    client.post(URL, {"action": "say_wrong", "_selected_action": [one.pk]})
    one.refresh_from_db()
    assert one.wrong_at is None


def test_a_link_cannot_say_it(instructor: Client, conversation: Conversation) -> None:
    one = withheld(conversation).judgement
    assert instructor.get(f"{URL}{one.pk}/wrong/").status_code == 405
    checked = Client(enforce_csrf_checks=True)
    checked.force_login(User.objects.get(username="grace"))
    assert checked.post(f"{URL}{one.pk}/wrong/").status_code == 403
    assert instructor.post(f"{URL}{one.pk + 1}/wrong/").status_code == 404


def test_nothing_else_can_be_written(instructor: Client, conversation: Conversation) -> None:
    one = withheld(conversation).judgement
    assert instructor.post(f"{URL}{one.pk}/change/", {"verdict": "ok"}).status_code == 403
    assert instructor.get(f"{URL}add/").status_code == 403
    assert instructor.post(f"{URL}{one.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("path", ["", "sums/"])
def test_who_may_read_no_judgements_sees_none(
    client: Client, stranger: User, conversation: Conversation, path: str
) -> None:
    one = withheld(conversation).judgement
    stranger.is_staff = True
    stranger.save()
    client.force_login(stranger)
    for url in (f"{URL}{path}", f"{URL}{one.pk}/change/"):
        assert client.get(url).status_code == 403
    assert client.post(f"{URL}{one.pk}/wrong/").status_code == 403


def test_a_dialogue_that_is_erased_takes_its_judgements_along(
    client: Client, teacher: User, conversation: Conversation
) -> None:
    withheld(conversation)
    client.force_login(teacher)
    url = f"/admin/tutor/conversation/{conversation.pk}/delete/"
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert not Judgement.objects.exists()


# The list and the dialogue


@pytest.mark.parametrize(
    ("query", "count"),
    [("", 3), ("held_back__exact=1", 1), ("verdict__exact=partial", 1), ("channel__exact=code", 1),
     ("wrong=yes", 1), ("wrong=no", 0), ("step=elsewhere", 1), ("gate_version=77", 1),
     ("conversation__lesson__slug=every-day-counts", 3), ("conversation__lesson__slug=x", 0),
     ("q=ada", 3), ("q=nobody", 0)],
)  # fmt: skip
def test_the_list_is_filtered_by(
    instructor: Client, conversation: Conversation, teacher: User, query: str, count: int
) -> None:
    turn = withheld(conversation).turn
    Judgement.objects.all().say_wrong(teacher)
    for fields in ({"verdict": "partial", "step": "elsewhere"},
                   {"verdict": "ok", "channel": "code", "gate_version": 77}):  # fmt: skip
        Judgement.objects.create(**judged(turn, held_back=False, **fields))
    assert len(instructor.get(f"{URL}?{query}").context["cl"].result_list) == count


def test_the_list_of_a_course_and_of_days(instructor: Client, conversation: Conversation) -> None:
    withheld(conversation)
    course = conversation.lesson.course_id
    other = Course.objects.create(slug="other", title="Another course").pk
    tomorrow = quote((timezone.now() + timedelta(days=1)).isoformat())
    for query, count in (
        (f"conversation__lesson__course__id__exact={course}", 1),
        (f"conversation__lesson__course__id__exact={other}", 0),
        (f"created_at__gte={tomorrow}", 0),
    ):
        assert len(instructor.get(f"{URL}?{query}").context["cl"].result_list) == count


def queries_of(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        text_of(client, url)
    return len(queries)


@pytest.mark.parametrize("path", ["", "sums/", "sums/?by=step", "{first}/change/"])
def test_more_judgements_take_no_more_queries(
    instructor: Client, conversation: Conversation, path: str
) -> None:
    first = withheld(conversation)
    url = URL + path.format(first=first.judgement.pk)
    before = queries_of(instructor, url)
    for n in range(8):
        Judgement.objects.create(**judged(first.turn, step=f"step-{n}"))
        withheld(conversation)
    assert queries_of(instructor, url) <= before
    assert before <= 20


def test_a_dialogues_page_takes_no_more_queries_for_more_judgements(
    instructor: Client, conversation: Conversation
) -> None:
    one = withheld(conversation)
    url = f"/admin/tutor/conversation/{conversation.pk}/change/"
    before = queries_of(instructor, url)
    for _ in range(5):
        Judgement.objects.create(**judged(one.turn))
    assert queries_of(instructor, url) <= before


def test_the_list_has_pages_and_loads_no_long_texts(
    instructor: Client, conversation: Conversation
) -> None:
    turn = withheld(conversation).turn
    rows = [Judgement(**judged(turn)) for _ in range(PER_PAGE)]
    Judgement.objects.bulk_create(rows)
    page: Any = instructor.get(f"{URL}?all=")
    with CaptureQueriesContext(connection) as queries:
        page = instructor.get(URL)
    assert len(page.context["cl"].result_list) == PER_PAGE
    read = [query["sql"] for query in queries if 'FROM "tutor_judgement"' in query["sql"]]
    assert read
    assert not any('"mended"' in sql or '"document"' in sql for sql in read)


def test_a_dialogue_marks_what_was_withheld_and_leads_to_why(
    instructor: Client, conversation: Conversation
) -> None:
    one = withheld(conversation)
    Judgement.objects.create(**judged(one.turn, verdict="ok", held_back=False))
    page = text_of(instructor, f"/admin/tutor/conversation/{conversation.pk}/change/")
    links = set(re.findall(rf"{URL}\d+/change/", page))
    assert links == {f"{URL}{one.judgement.pk}/change/"}, "none to what is ok"
    assert re.findall(r"<p>(tutor.*?)</p>", page) == ["tutor, withheld", "tutor"]


# Counts


def test_the_counts_of_a_lesson_lead_to_its_list(
    instructor: Client, conversation: Conversation
) -> None:
    turn = withheld(conversation, ms=90).turn
    Judgement.objects.create(**judged(turn, verdict="partial", held_back=False, ms=2_000))
    page = instructor.get(f"{URL}sums/")
    [row] = page.context["rows"]
    lesson = conversation.lesson
    assert row["names"] == [lesson.course.title, lesson.slug]
    counted = [row[name] for name in ("judged", "withheld", "partial", "unsure", "wrong")]
    assert counted == [2, 1, 1, 0, 0]
    assert "2,000 ms" in page.content.decode()
    assert len(instructor.get(row["link"]).context["cl"].result_list) == 2


@pytest.mark.parametrize("by", ["lesson", "step", "channel", "version", "nonsense"])
def test_each_way_to_count_leads_to_lists(
    instructor: Client, conversation: Conversation, by: str
) -> None:
    withheld(conversation)
    [row] = instructor.get(f"{URL}sums/?by={by}").context["rows"]
    assert len(instructor.get(row["link"]).context["cl"].result_list) == 1


def test_only_the_days_and_the_course_that_were_chosen_are_counted(
    instructor: Client, conversation: Conversation
) -> None:
    withheld(conversation)
    Judgement.objects.update(created_at=timezone.now() - timedelta(days=40))
    then, course = timezone.localdate() - timedelta(days=40), conversation.lesson.course_id
    for query, judged_count in (
        ("", 0), (f"from={then}", 1), (f"from={then}&course={course}", 1),
        (f"from={then}&course={course + 1}", 0), ("from=x&to=y&course=z", 0),
    ):  # fmt: skip
        totals = instructor.get(f"{URL}sums/?{query}").context["totals"]
        assert totals["judged"] == judged_count, query


def test_a_site_where_nothing_is_held_back_says_so(instructor: Client, settings: Any) -> None:
    settings.LEAK_GATE = "log"
    assert "LEAK_GATE=log" in text_of(instructor, f"{URL}sums/")
    settings.LEAK_GATE = "on"
    assert "LEAK_GATE" not in text_of(instructor, f"{URL}sums/")
