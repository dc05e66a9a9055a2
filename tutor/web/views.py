"""The pages around the classroom. All that is live happens in the WebSocket."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header

from courses import rules
from courses.audience import StudentCode, StudentPredict, StudentQuiz, StudentStep
from courses.languages import language_of
from courses.markdown import to_html, to_inline_html
from courses.models import Enrolment, Lesson
from sandbox.files import PNG
from sandbox.models import RunFile
from tutor.identity import demo, throttle
from tutor.identity.hashing import Busy
from tutor.identity.login import LoginForm, refuse_for_now
from tutor.identity.throttle import TooManyAttempts
from tutor.models import Conversation, StepRun, Workbook, starter
from tutor.protocol import frames
from tutor.web.progress import way_on
from tutor.web.readiness import draining


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; 503 once it is about to end, so that a proxy picks another."""
    if draining.is_set():
        return HttpResponse("draining\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")


def demo_accounts() -> list[demo.Account]:
    """For the log-in page of a demo: the accounts and their passwords. Of no other site's."""
    return demo.open_accounts() if settings.IS_DEMO else []


def change_password(request: HttpRequest) -> HttpResponse:
    """The admin's own page, throttled as a log-in is, and not for a demo account.

    With a password of a visitor's it would be no demo account any more, and outlive the demo.
    """
    if isinstance(request.user, User) and demo.has_public_password(request.user):
        raise PermissionDenied("The password of a demo account is public, and stays as it is.")
    if request.method != "POST":
        return admin.site.password_change(request)
    # Who finds a page left open may guess the old password no faster than at the log-in.
    try:
        attempt = throttle.begin(request, request.user.get_username())
    except TooManyAttempts as error:
        messages.error(request, refuse_for_now(request, error))
        request.method = "GET"
        return admin.site.password_change(request)
    try:
        answer = admin.site.password_change(request)
    except Busy:
        attempt.forgive()
        raise
    if answer.status_code == HTTPStatus.FOUND:
        attempt.succeed()
    return answer


class Login(LoginView):
    """The site's log-in page."""

    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """What the page is made of."""
        return super().get_context_data(**context, demo_accounts=demo_accounts)

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        """Where `next` leads; to this page itself, on which Django fails, it does not."""
        url = super().get_redirect_url()
        return "" if urlsplit(url).path == self.request.path else url


@login_required
def lesson(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """The classroom: one lesson, in the version that the student's dialogue began with."""
    current = get_object_or_404(Lesson.objects.released(), course__slug=course, slug=lesson)
    if not Enrolment.objects.filter(course=current.course_id, student=request.user.pk).exists():
        raise PermissionDenied("You are not enrolled in this course. Ask your instructor.")
    assert request.user.is_authenticated
    conversation = Conversation.open(request.user, current)
    row = conversation.lesson
    content = row.for_student()
    asked = request.GET.get("step", "")
    if asked not in {step.id for step in content.steps}:
        asked = ""
    shown = Workbook(conversation).step(asked).id
    address = {"protocol": frames.PROTOCOL, "conversation": conversation.pk}
    page = {
        "socket": f"/ws/lessons/{course}/{lesson}?{urlencode(address)}",
        "conversation": conversation.pk,
        "title": content.title,
        "language": row.course.language,
        "main_file": language_of(row.course.language).main_file,
        "steps": [_step(step) for step in content.steps],
        "course": row.course.title,
        "progress_url": reverse("progress"),
        "lessons_url": reverse("lessons"),
        "history_url": f"{request.path}history/",
        "login_url": f"{reverse('login')}?next={request.path}",
        "storage_key": f"{request.user.pk}:{course}/{lesson}",
        "asked_step": asked,
        **way_on(request.user, course, lesson),
    }
    context = {
        "course": {"title": row.course.title},
        "lesson": {"title": content.title},
        "steps": [
            {
                "id": step.id,
                "kind": step.kind,
                "title": step.title,
                "prompt_html": to_html(step.prompt),
                "current": step.id == shown,
            }
            for step in content.steps
        ],
        "page": page,
    }
    return render(request, "tutor/lesson.html", context)


def _step(step: StudentStep) -> dict[str, Any]:
    """The data of a step for the page's script; its text stands in the page itself."""
    page_step: dict[str, Any] = {
        "id": step.id, "kind": step.kind, "title": step.title, "starter": starter(step),
        "stdin": "", "files": [], "cases": [], "rules": [], "choices": [], "several": False,
    }  # fmt: skip
    match step:
        case StudentCode():
            page_step["cases"] = [asdict(case) for case in step.cases]
            page_step["rules"] = [rules.sentence(rule) for rule in step.rules]
        case StudentQuiz():
            page_step["choices"] = [to_inline_html(choice) for choice in step.choices]
            page_step["several"] = step.several
    if isinstance(step, StudentCode | StudentPredict):
        page_step |= {"stdin": step.stdin, "files": [asdict(file) for file in step.files]}
    return page_step


@login_required
def run_file(request: HttpRequest, run: UUID, file: int) -> HttpResponse:
    """A file that a run has left: for the student whose run it is, if they may see what that has
    made, and for instructors."""
    rows = RunFile.objects.filter(run=run, pk=file, skipped="")
    if not request.user.has_perm("sandbox.view_run"):
        hidden = StepRun.objects.filter(run=run).exclude(output=StepRun.SHOWN)
        rows = rows.filter(Q(run__student=request.user.pk), ~Exists(hidden))
    row = get_object_or_404(rows)
    # Only a picture that was checked is shown; everything else might be made to look like a page.
    shown = row.kind == PNG
    return HttpResponse(
        bytes(row.data),
        content_type=PNG if shown else "application/octet-stream",
        headers={
            "Content-Disposition": content_disposition_header(not shown, row.name),
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
