"""Publishing, versions, and who sees which lessons."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses import facts, models
from courses.facts import LessonSource
from courses.models import Course, Enrolment, KindChanged, Lesson, Published
from courses.source import CourseSource, read
from tests.courses.conftest import CourseFiles

pytestmark = pytest.mark.django_db


def publish(files: CourseFiles) -> Published:
    course = read(files.path)
    assert isinstance(course, CourseSource), course
    return Course.publish(course)


def counts(published: Published) -> tuple[int, int, int, int]:
    return published.new, published.changed, published.unchanged, published.withdrawn


def test_publishing_makes_the_course_and_its_lessons_in_order(files: CourseFiles) -> None:
    published = publish(files)
    assert counts(published) == (2, 0, 0, 0)
    course = Course.objects.get(slug="small")
    assert published.course == course
    assert (course.title, course.instructions) == ("A small course", "Be kind.")
    assert [(lesson.slug, lesson.position) for lesson in course.lessons.current()] == [
        ("first", 1),
        ("second", 2),
    ]


def test_publishing_the_same_again_changes_nothing(files: CourseFiles) -> None:
    publish(files)
    before = list(Lesson.objects.values())
    assert counts(publish(files)) == (0, 0, 2, 0)
    assert list(Lesson.objects.values()) == before


def test_a_changed_lesson_is_a_new_row_and_the_old_one_stays_as_it_was(files: CourseFiles) -> None:
    publish(files)
    old = Lesson.objects.get(slug="first")
    files.replace("first/prompt.md", "Write", "Please write")
    assert counts(publish(files)) == (0, 1, 1, 0)
    new = Lesson.objects.current().get(slug="first")
    assert new.pk != old.pk
    assert new.for_student().steps[0].prompt == "Please write `double`.\n"
    old.refresh_from_db()
    assert not old.current
    assert old.for_student().steps[0].prompt == "Write `double`.\n"


def test_going_back_to_an_earlier_text_goes_back_to_its_row(files: CourseFiles) -> None:
    publish(files)
    first = Lesson.objects.get(slug="first")
    files.replace("first/prompt.md", "Write", "Please write")
    publish(files)
    files.replace("first/prompt.md", "Please write", "Write")
    assert counts(publish(files)) == (0, 1, 1, 0)
    assert Lesson.objects.current().get(slug="first") == first
    assert Lesson.objects.filter(slug="first").count() == 2


def test_another_order_is_not_another_version(files: CourseFiles) -> None:
    publish(files)
    files.replace("course.yaml", "  - first\n  - second\n", "  - second\n  - first\n")
    assert counts(publish(files)) == (0, 0, 2, 0)
    assert list(Lesson.objects.current().values_list("slug", "position")) == [
        ("second", 1),
        ("first", 2),
    ]


def test_a_lesson_taken_out_of_the_course_is_withdrawn_and_can_come_back(
    files: CourseFiles,
) -> None:
    publish(files)
    files.replace("course.yaml", "  - second\n", "")
    assert counts(publish(files)) == (0, 0, 1, 1)
    assert list(Lesson.objects.current().values_list("slug", flat=True)) == ["first"]
    assert Lesson.objects.filter(slug="second").count() == 1
    files.replace("course.yaml", "  - first\n", "  - first\n  - second\n")
    assert counts(publish(files)) == (0, 1, 1, 0)
    assert Lesson.objects.filter(slug="second").count() == 1


def test_a_lesson_has_one_current_version(files: CourseFiles) -> None:
    publish(files)
    lesson = Lesson.objects.get(slug="first")
    lesson.pk, lesson.digest = None, "0" * 64
    with pytest.raises(IntegrityError), transaction.atomic():
        lesson.save(force_insert=True)


def test_a_renamed_lesson_keeps_its_versions_under_the_new_name(files: CourseFiles) -> None:
    publish(files)
    old = Lesson.objects.get(slug="first")
    files.replace("first/lesson.yaml", "id: first\n", "id: twice\nwas: [first]\n")
    assert counts(publish(files)) == (0, 1, 1, 0)
    assert counts(publish(files)) == (0, 0, 2, 0)
    old.refresh_from_db()
    assert (old.slug, old.current) == ("twice", False)
    assert Lesson.objects.current().get(slug="twice").pk != old.pk
    assert not Lesson.objects.filter(slug="first").exists()


def test_a_lesson_can_take_the_name_of_one_that_is_gone(files: CourseFiles) -> None:
    publish(files)
    files.replace("course.yaml", "  - second\n", "")
    files.replace("first/lesson.yaml", "id: first\n", "id: second\nwas: [first]\n")
    assert counts(publish(files)) == (0, 1, 0, 0)
    assert Lesson.objects.current().count() == 1
    assert Lesson.objects.filter(slug="second").count() == 3


def test_a_released_step_keeps_its_kind(files: CourseFiles) -> None:
    publish(files)
    before = list(Lesson.objects.values())
    step = "{id: double, kind: explain, prompt: Read this.}"
    files.write(
        "first/lesson.yaml", f"id: first\ntitle: Twice\nsummary: Doubling.\nsteps:\n  - {step}\n"
    )
    with pytest.raises(KindChanged, match="`double` was released as a step of kind `code`"):
        publish(files)
    assert list(Lesson.objects.values()) == before
    files.replace("first/lesson.yaml", "id: double", "id: read, was: [double]")
    with pytest.raises(KindChanged):
        publish(files)
    files.replace("first/lesson.yaml", ", was: [double]", "")
    assert counts(publish(files)) == (0, 1, 1, 0)


def test_a_lesson_is_not_seen_before_its_day(files: CourseFiles) -> None:
    files.replace("course.yaml", "  - second", "  - {folder: second, release: 2027-01-31T08:00}")
    course = publish(files).course
    ana = User.objects.create_user("ana")
    Enrolment.objects.create(course=course, student=ana)
    later = Lesson.objects.current().get(slug="second")
    assert later.released_at == datetime(2027, 1, 31, 8, tzinfo=UTC)
    assert [lesson.slug for lesson in Lesson.objects.for_student(ana)] == ["first"]
    Lesson.objects.filter(pk=later.pk).update(released_at=timezone.now())
    assert [lesson.slug for lesson in Lesson.objects.for_student(ana)] == ["first", "second"]
    files.replace("course.yaml", "  - {folder: second, release: 2027-01-31T08:00}", "  - second")
    assert counts(publish(files)) == (0, 0, 2, 0)
    later.refresh_from_db()
    assert later.released_at is None


def test_a_policy_is_read_whatever_release_has_stored_it(rich_files: CourseFiles) -> None:
    course = publish(rich_files).course
    course.policy = {"support": "low", "max_praise": 3}
    assert course.source().policy == facts.Policy("low")
    course.policy = {}
    assert course.source().policy == facts.Policy()


def test_a_course_keeps_its_policy_quotas_skills_and_image(rich_files: CourseFiles) -> None:
    course = publish(rich_files).course
    course.refresh_from_db()
    assert course.policy == {"support": "high", "max_hint_level": 2, "gate": "on"}
    assert course.quotas == {"messages_per_day": 60, "messages_per_lesson": 200}
    assert course.model_options["reasoning_effort"] == "none"
    assert course.source().model == facts.ModelOptions("none", "low", 1200, 3, "flex", "12h")
    # One that a newer release has stored is passed over by an older one.
    course.model_options |= {"mood": "gay"}
    assert course.source().model.runs_per_turn == 3
    assert course.skills[1] == {"id": "loops", "title": "Loops", "prerequisites": ["values"]}
    assert course.image == "plots"
    assert publish(rich_files).unchanged == 1


def test_publishing_happens_whole_or_not_at_all(
    files: CourseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(course: Course, source: LessonSource, position: int, release: object) -> None:
        really_publish(course, source, position)
        if position == 2:
            raise RuntimeError("the machine goes down")

    really_publish = Course._publish_lesson
    monkeypatch.setattr(Course, "_publish_lesson", fail)
    with pytest.raises(RuntimeError):
        publish(files)
    assert not Course.objects.exists()
    assert not Lesson.objects.exists()


def test_a_lesson_is_made_of_its_document_once_for_all_who_ask(
    files: CourseFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(files)
    made: list[str] = []
    really_made = LessonSource.from_document.__func__  # type: ignore[attr-defined]

    def count(cls: type[LessonSource], document: dict[str, Any]) -> Any:
        made.append(document["id"])
        return really_made(cls, document)

    monkeypatch.setattr(LessonSource, "from_document", classmethod(count))
    models._source_of.cache_clear()
    for _ in range(3):
        first, second = Lesson.objects.order_by("position")
        assert first.source() is Lesson.objects.get(slug="first").source()
        assert (first.source().id, second.source().id) == ("first", "second")
        first.for_student()
        first.for_tutor()
    assert made == ["first", "second"]
    files.replace("first/prompt.md", "Write", "Please write")
    publish(files)
    assert Lesson.objects.current().get(slug="first").source() is not first.source()
    assert made == ["first", "second", "first"]


def test_a_lessons_source_is_all_of_it(rich_files: CourseFiles) -> None:
    publish(rich_files)
    course = read(rich_files.path)
    assert isinstance(course, CourseSource)
    assert Lesson.objects.get().source() == course.lessons[0]


def test_a_student_sees_current_lessons_of_their_courses_only(files: CourseFiles) -> None:
    published = publish(files)
    ana = User.objects.create_user("ana")
    ben = User.objects.create_user("ben")
    Enrolment.objects.create(course=published.course, student=ana)
    files.replace("first/prompt.md", "Write", "Please write")
    files.replace("course.yaml", "id: small", "id: other")
    publish(files)
    seen = Lesson.objects.for_student(ana)
    assert [(lesson.course.slug, lesson.slug) for lesson in seen] == [
        ("small", "first"),
        ("small", "second"),
    ]
    assert not Lesson.objects.for_student(ben).exists()
    assert not Lesson.objects.for_student(AnonymousUser()).exists()


def test_a_student_is_enrolled_once(files: CourseFiles) -> None:
    course = publish(files).course
    ana = User.objects.create_user("ana")
    Enrolment.objects.create(course=course, student=ana)
    with pytest.raises(IntegrityError), transaction.atomic():
        Enrolment.objects.create(course=course, student=ana)


def test_what_student_and_tutor_get_holds_no_secret(files: CourseFiles) -> None:
    publish(files)
    lesson = Lesson.objects.get(slug="first")
    assert "double(21)" in json.dumps(lesson.document), "the row has the hidden cases"
    for seen in (lesson.for_student(), lesson.for_tutor()):
        text = json.dumps(asdict(seen))
        assert "double(2)" in text
        for secret in ("n * 2", "the secret", "double(21)", "42", "2 + n", "wrong/adds.py"):
            assert secret not in text
    assert '"expect"' not in json.dumps(asdict(lesson.for_student()))
