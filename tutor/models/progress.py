"""How far a student is in all courses: three queries, however many lessons there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from courses.models import Enrolment, Lesson
from tutor.method.progress import CourseProgress, LessonProgress, StepProgress
from tutor.models.conversation import Conversation
from tutor.models.programs import Work

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

    from courses.facts import LessonSource


def courses_of(student: AbstractBaseUser | AnonymousUser) -> tuple[CourseProgress, ...]:
    """The courses that a student is enrolled in, with their released lessons.

    A lesson that the student has begun is the version that the dialogue is about.
    """
    enrolled = Enrolment.objects.filter(student=student.pk).select_related("course")
    courses = sorted((one.course for one in enrolled), key=lambda one: (one.title, one.slug))
    begun = _begun(student)
    works = _works(student)
    lessons: dict[int, list[LessonProgress]] = {}
    for lesson in Lesson.objects.for_student(student):
        talk = begun.get((lesson.course_id, lesson.slug))
        shown = talk.lesson if talk else lesson
        known = works.get(talk.pk, {}) if talk else {}
        lessons.setdefault(lesson.course_id, []).append(
            lesson_progress(lesson.slug, shown.source(), known, talk)
        )
    return tuple(
        CourseProgress(
            slug=course.slug,
            title=course.title,
            description=course.description,
            lessons=tuple(lessons.get(course.pk, ())),
            skills=tuple((skill["id"], skill["title"]) for skill in course.skills),
        )
        for course in courses
    )


def lesson_progress(
    slug: str, lesson: LessonSource, works: dict[str, Work], talk: Conversation | None
) -> LessonProgress:
    """How far a student is in a version of a lesson; `works` are the rows by step."""
    return LessonProgress(
        slug=slug,
        title=lesson.title,
        summary=lesson.summary,
        steps=tuple(
            StepProgress(
                step.id,
                step.title,
                step.kind,
                works[step.id].state if step.id in works else "new",
            )
            for step in lesson.steps
        ),
        skills=lesson.skills,
        at=talk.step if talk else "",
        worked_at=talk.updated_at if talk else None,
    )


def _begun(student: AbstractBaseUser | AnonymousUser) -> dict[tuple[int, str], Conversation]:
    """The student's dialogues by course and slug: of two about one lesson the one that opens."""
    talks = Conversation.objects.filter(student=student.pk).select_related("lesson")
    found: dict[tuple[int, str], Conversation] = {}
    for talk in talks:  # the newest first, as Conversation.open takes it
        found.setdefault((talk.lesson.course_id, talk.lesson.slug), talk)
    return found


def _works(student: AbstractBaseUser | AnonymousUser) -> dict[int, dict[str, Work]]:
    """What the student has begun, by conversation and step, without the programs."""
    rows = Work.objects.filter(conversation__student=student.pk).order_by()
    found: dict[int, dict[str, Work]] = {}
    for work in rows.only("conversation", "step", "done_at", "helped"):
        found.setdefault(work.conversation_id, {})[work.step] = work
    return found
