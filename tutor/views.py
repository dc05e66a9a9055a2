"""The pages around the classroom. All that is live happens in the WebSocket."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from markdown_it import MarkdownIt

from courses.models import Enrolment, Lesson
from tutor import demo, frames
from tutor.models import Conversation

# Raw HTML in a lesson's text stays text.
markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def demo_accounts() -> list[demo.Account]:
    """For the log-in page of a demo: the accounts and their passwords."""
    return demo.present()


@login_required
def lessons(request: HttpRequest) -> HttpResponse:
    """The lessons of all courses the student is enrolled in."""
    begun = Conversation.objects.filter(student=request.user.pk).select_related("lesson")
    started = {(talk.lesson.course_id, talk.lesson.slug) for talk in begun}
    courses: dict[int, dict[str, Any]] = {}
    for lesson in Lesson.objects.for_student(request.user):
        course = courses.setdefault(
            lesson.course_id,
            {
                "title": lesson.course.title,
                "description": lesson.course.description,
                "lessons": [],
            },
        )
        course["lessons"].append(
            {
                "title": lesson.title,
                "summary": lesson.summary,
                "url": reverse("lesson", args=[lesson.course.slug, lesson.slug]),
                "state": "started" if (lesson.course_id, lesson.slug) in started else "new",
            }
        )
    return render(request, "tutor/lessons.html", {"courses": list(courses.values())})


@login_required
def lesson(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """The classroom: one lesson, in the version that the student's dialogue began with."""
    current = get_object_or_404(Lesson.objects.released(), course__slug=course, slug=lesson)
    if not Enrolment.objects.filter(course=current.course_id, student=request.user.pk).exists():
        raise PermissionDenied("You are not enrolled in this course. Ask your instructor.")
    assert request.user.is_authenticated
    row = Conversation.open(request.user, current).lesson
    content = row.for_student()
    page = {
        "socket": f"/ws/lessons/{course}/{lesson}?protocol={frames.PROTOCOL}",
        "title": content.title,
        "starter": content.starter,
        "language": row.course.language,
        "lessons_url": reverse("lessons"),
        "login_url": f"{reverse('login')}?next={request.path}",
        "storage_key": f"{request.user.pk}:{course}/{lesson}",
    }
    context = {
        "course": {"title": row.course.title},
        "lesson": {"title": content.title, "prompt_html": markdown.render(content.prompt)},
        "page": page,
    }
    return render(request, "tutor/lesson.html", context)
