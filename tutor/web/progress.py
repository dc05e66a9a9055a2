"""The pages that show how far a student is, and lead on: lessons, progress, continue."""

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tutor.method.progress import (
    CourseProgress,
    LessonProgress,
    Place,
    last_worked_first,
    place_after,
    place_to_go_on,
)
from tutor.models import courses_of

# The states in words, as the page's script has them too (state/progress.ts).
LABELS: Final = {
    "new": "New",
    "begun": "Begun",
    "passed": "Passed",
    "passed_with_help": "Passed with help",
}
SKILL_LABELS: Final = {"new": "Not yet", "practised": "Begun", "passed": "Practised"}
KINDS: Final = {"explain": "Read", "code": "Program", "predict": "Predict", "quiz": "Question"}


@login_required
def lessons(request: HttpRequest) -> HttpResponse:
    """The lessons of all courses the student is enrolled in, and where to go on."""
    return render(request, "tutor/lessons.html", _context(request.user))


@login_required
def progress(request: HttpRequest) -> HttpResponse:
    """How far the student is, over all courses, down to the steps and skills."""
    return render(request, "tutor/progress.html", _context(request.user))


@login_required
def go_on(request: HttpRequest) -> HttpResponse:
    """Lead to where the student goes on; with `after`, a lesson, to what comes after that."""
    courses = courses_of(request.user)
    after = request.GET.get("after", "")
    if after:
        course, _, lesson = after.partition("/")
        place = place_after(courses, course, lesson)
    else:
        place = place_to_go_on(courses)
    if place is None:
        return redirect("progress" if courses else "lessons")
    return redirect(_url(place))


def way_on(student: AbstractBaseUser | AnonymousUser, course: str, lesson: str) -> dict[str, Any]:
    """For the page of a lesson: the link that leads on, what it leads to now, and the skills."""
    courses = courses_of(student)
    place = place_after(courses, course, lesson)
    here = [one for one in courses if one.slug == course]  # none once the student has been removed
    skills = [one.titles_of(each) for one in here for each in one.lessons if each.slug == lesson]
    return {
        "skills": [title for titles in skills for title in titles],
        "next": place and {"title": place.lesson.title, "course": place.course.title},
        "continue_url": f"{reverse('continue')}?{urlencode({'after': f'{course}/{lesson}'})}",
    }


def _context(student: AbstractBaseUser | AnonymousUser) -> dict[str, Any]:
    courses = courses_of(student)
    return {
        "go_on": _go_on(courses),
        "courses": [_course(course) for course in last_worked_first(courses)],
    }


def _url(place: Place) -> str:
    url = reverse("lesson", args=[place.course.slug, place.lesson.slug])
    # A lesson that is new begins where its author lets it begin.
    if place.step is None or place.lesson.worked_at is None:
        return url
    return f"{url}?{urlencode({'step': place.step.id})}"


def _go_on(courses: tuple[CourseProgress, ...]) -> dict[str, Any] | None:
    """Where to go on; None where there is nothing to learn, or nothing left."""
    place = place_to_go_on(courses)
    if place is None:
        return None
    number = 1 + place.lesson.steps.index(place.step) if place.step else 1
    return {
        "course": place.course.title,
        "lesson": place.lesson.title,
        "step": place.step and (place.step.title or KINDS[place.step.kind]),
        "number": number,
        "steps": len(place.lesson.steps),
        "passed": place.lesson.passed_steps,
        "is_new": place.lesson.state == "new",
        "url": reverse("continue"),
    }


def _course(course: CourseProgress) -> dict[str, Any]:
    return {
        "slug": course.slug,
        "title": course.title,
        "description": course.description,
        "lessons": [_lesson(course, lesson) for lesson in course.lessons],
        "passed_lessons": course.passed_lessons,
        "passed_steps": course.passed_steps,
        "all_steps": course.all_steps,
        "is_passed": course.passed_lessons == len(course.lessons) > 0,
        "skills": [
            {"title": skill.title, "state": skill.state, "label": SKILL_LABELS[skill.state]}
            for skill in course.skill_states()
        ],
    }


def _lesson(course: CourseProgress, lesson: LessonProgress) -> dict[str, Any]:
    url = reverse("lesson", args=[course.slug, lesson.slug])
    return {
        "title": lesson.title,
        "summary": lesson.summary,
        "url": url,
        "state": lesson.state,
        "label": LABELS[lesson.state],
        "passed_steps": lesson.passed_steps,
        "all_steps": len(lesson.steps),
        "worked_at": lesson.worked_at,
        "steps": [
            {
                "title": step.title or KINDS[step.kind],
                "url": f"{url}?{urlencode({'step': step.id})}",
                "kind": KINDS[step.kind],
                "state": step.state,
                "label": LABELS[step.state],
            }
            for step in lesson.steps
        ],
    }
