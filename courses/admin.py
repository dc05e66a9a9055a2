"""Courses and lessons are read here and written in files; enrolments are written here."""

import json
import re
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from courses.admin_upload import UploadAdmin
from courses.models import Course, Enrolment, Lesson

__all__ = ["CourseAdmin", "EnrolmentAdmin", "LessonAdmin", "UploadAdmin"]

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # Django itself has no generic ModelAdmin
else:
    ModelAdmin = admin.ModelAdmin


class FromFiles(ModelAdmin):
    """Read-only: what comes from files is changed in the files and imported again."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: a row begins with an import."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: the next import would undo it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: conversations stand on these rows."""
        return False


@admin.register(Course)
class CourseAdmin(FromFiles):
    """A course with the numbers of its lessons and students."""

    list_display = ["title", "slug", "language", "lessons", "students"]
    ordering = ["title", "slug"]  # what is counted has no order of its own
    list_filter = ["language"]
    search_fields = ["title", "slug", "description"]
    fields = [
        "title",
        "slug",
        "language",
        "image",
        "description",
        "instructions",
        "skills",
        "policy",
        "quotas",
        "model_options",
        "lessons",
        "students",
    ]
    readonly_fields = ["lessons", "students"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Course]:
        """Courses with `lesson_count` and `student_count`."""
        courses: QuerySet[Course] = super().get_queryset(request)
        return courses.annotate(
            lesson_count=Count("lessons", filter=Q(lessons__current=True), distinct=True),
            student_count=Count("enrolments", distinct=True),
        )

    @admin.display(ordering="lesson_count")
    def lessons(self, course: Any) -> int:
        """Number of current lessons."""
        count: int = course.lesson_count
        return count

    @admin.display(ordering="student_count")
    def students(self, course: Any) -> int:
        """Number of enrolled students."""
        count: int = course.student_count
        return count


@admin.register(Lesson)
class LessonAdmin(FromFiles):
    """All versions of all lessons; the newest of a lesson first."""

    list_display = ["title", "course", "slug", "position", "short_digest", "current", "created_at"]
    list_filter = ["current", "course"]
    list_select_related = ["course"]
    search_fields = ["title", "slug", "summary", "digest", "course__title", "course__slug"]
    date_hierarchy = "created_at"
    fields = [
        "title",
        "course",
        "slug",
        "position",
        "summary",
        "current",
        "released_at",
        "created_at",
        "digest",
        "content",
    ]
    readonly_fields = ["content"]

    @admin.display(description="version", ordering="digest")
    def short_digest(self, lesson: Lesson) -> str:
        """The beginning of the digest."""
        return lesson.version

    @admin.display(description="content, with solution and hidden cases")
    def content(self, lesson: Lesson) -> SafeString:
        """The document, laid out to be read."""
        text = json.dumps(lesson.document, indent=2, ensure_ascii=False)
        # Line breaks of programs and prose as line breaks; other escapes as they are.
        text = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[0], text)
        return format_html('<pre style="white-space: pre-wrap">{}</pre>', text)


@admin.register(Enrolment)
class EnrolmentAdmin(ModelAdmin):
    """Enrolments, written here."""

    list_display = ["student", "course", "created_at"]
    list_filter = ["course"]
    list_select_related = ["student", "course"]
    search_fields = [
        "student__username",
        "student__first_name",
        "student__last_name",
        "student__email",
        "course__title",
        "course__slug",
    ]
    autocomplete_fields = ["student", "course"]
    readonly_fields = ["created_at"]
    date_hierarchy = "created_at"
