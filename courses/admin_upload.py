"""Courses through the browser: uploaded, looked at as a student sees them, published."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from courses.bundle import MAX_ZIP_BYTES
from courses.markdown import to_html, to_inline_html
from courses.models import Course, KindChanged, Upload
from courses.problems import Problem
from courses.report import excerpt

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # Django itself has no generic ModelAdmin
    ModelForm = forms.ModelForm[Upload]
else:
    ModelAdmin = admin.ModelAdmin
    ModelForm = forms.ModelForm


class UploadForm(ModelForm):
    """A zip file of a course's folder."""

    file = forms.FileField(help_text="A zip file of the folder that holds course.yaml.")

    class Meta:
        model = Upload
        fields: list[str] = []

    def clean_file(self) -> Any:
        """The file, unless it is too large."""
        file = self.cleaned_data["file"]
        if (file.size or 0) > MAX_ZIP_BYTES:
            raise forms.ValidationError(
                f"The file is larger than {MAX_ZIP_BYTES // 1024 // 1024} MB."
            )
        return file


@admin.register(Upload)
class UploadAdmin(ModelAdmin):
    """Upload, see what is wrong and what would change, preview, publish."""

    form = UploadForm
    list_display = ["name", "uploaded_by", "created_at", "published_at"]
    list_select_related = ["uploaded_by"]
    date_hierarchy = "created_at"
    change_form_template = "admin/courses/upload/change_form.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the files themselves, which only a look at one upload needs."""
        return super().get_queryset(request).defer("content")

    def get_fields(self, request: HttpRequest, obj: Upload | None = None) -> Any:
        """The file to upload; afterwards what was found in it."""
        if obj is None:
            return ["file"]
        return ["name", "uploaded_by", "created_at", "published_at", "problems", "changes", "look"]

    def get_readonly_fields(self, request: HttpRequest, obj: Upload | None = None) -> list[str]:
        """All of them: an upload never changes; upload the file again."""
        return [] if obj is None else self.get_fields(request, obj)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any
    ) -> Any:
        """No file is asked for where there is one."""
        if obj is not None:
            options["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Keep the file; nothing is published by that."""
        if not change:
            file = form.cleaned_data["file"]
            obj.name, obj.content, obj.uploaded_by = file.name[:200], file.read(), request.user
            super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        """To the page that says what was found."""
        return HttpResponseRedirect(reverse("admin:courses_upload_change", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Publish, where that is what was pressed."""
        if "_publish" in request.POST:
            self._publish(request, obj)
        return HttpResponseRedirect(reverse("admin:courses_upload_change", args=[obj.pk]))

    def _publish(self, request: HttpRequest, upload: Upload) -> None:
        try:
            published = upload.publish()
        except KindChanged as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return
        if published is None:
            self.message_user(request, "The course has errors; see below.", messages.ERROR)
        else:
            self.message_user(request, f"Published: {published.course}.", messages.SUCCESS)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With a button to publish, where there is something to publish."""
        upload = self.get_object(request, object_id)
        can = upload is not None and upload.checked.course is not None
        context = {**(extra_context or {}), "can_publish": can}
        return super().change_view(request, object_id, form_url, context)

    # What was found

    @admin.display(description="what is wrong")
    def problems(self, upload: Upload) -> SafeString | str:
        """All errors and warnings, each with its place."""
        if upload.refusal:
            return upload.refusal
        texts = upload.checked.texts
        rows = ((_said(found), excerpt(found, texts.get(found.file, "")))
                for found in upload.checked.problems)  # fmt: skip
        return format_html_join("", "<p><strong>{}</strong></p><pre>{}</pre>", rows) or "Nothing."

    @admin.display(description="what publishing changes")
    def changes(self, upload: Upload) -> SafeString | str:
        """Lesson by lesson, with the dialogues that stay on older versions."""
        source = upload.checked.course
        if source is None:
            return "It cannot be published."
        course = Course.objects.filter(slug=source.id).first()
        if course is None:
            return f"{len(source.lessons)} lessons, all new."
        rows = ((change.state, change.slug, change.dialogues) for change in course.compare(source))
        return format_html_join("", "<div>{} {}: {} dialogues on older versions</div>", rows)

    @admin.display(description="as a student sees it")
    def look(self, upload: Upload) -> SafeString | str:
        """A link for each lesson."""
        source = upload.checked.course
        if source is None:
            return "–"
        rows = (
            (reverse("admin:courses_upload_preview", args=[upload.pk, lesson.id]), lesson.title)
            for lesson in source.lessons
        )
        return format_html_join("", '<div><a href="{}">{}</a></div>', rows)

    # The preview

    def get_urls(self) -> list[URLPattern]:
        """With the preview of a lesson."""
        preview = path(
            "<int:upload>/preview/<slug:lesson>/",
            self.admin_site.admin_view(self.preview),
            name="courses_upload_preview",
        )
        return [preview, *super().get_urls()]

    def preview(self, request: HttpRequest, upload: int, lesson: str) -> HttpResponse:
        """All steps of a lesson, as far as a student may see them: made of a StudentLesson."""
        row = self.get_object(request, str(upload))
        if row is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        source = row.checked.course
        found = next((one for one in source.lessons if one.id == lesson), None) if source else None
        if found is None:
            raise Http404
        told = found.for_student()
        steps = [
            {
                "step": step,
                "prompt": SafeString(to_html(step.prompt)),
                "choices": [
                    SafeString(to_inline_html(choice)) for choice in getattr(step, "choices", ())
                ],
            }
            for step in told.steps
        ]
        context = {
            **self.admin_site.each_context(request), "title": told.title, "steps": steps,
            "language": source.language if source else "",
            "back": reverse("admin:courses_upload_change", args=[upload]),
        }  # fmt: skip
        return TemplateResponse(request, "admin/courses/upload/preview.html", context)


def _said(found: Problem) -> str:
    warning = "warning: " if found.severity == "warning" else ""
    return f"{found.file}:{found.line}:{found.column}: {warning}{found.message}"
