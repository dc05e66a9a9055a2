"""The instructors' view of the dialogues: all of them, read-only."""

import json
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sandbox.admin import WRAPPED
from tutor.method.facts import check_facts
from tutor.models import (
    Attempt,
    Conversation,
    HintGiven,
    Item,
    KeptVersion,
    Prediction,
    ProgramRevision,
    Response,
    StepRun,
    Turn,
    Work,
    lesson_progress,
    tutor_text,
)
from tutor.web.costs import costs_page
from tutor.web.judgements import JudgementAdmin, JudgementInline
from tutor.web.paged import PagedInline
from tutor.web.progress import LABELS
from tutor.web.read_only import ModelAdmin, ReadOnly, TabularInline

__all__ = ["ConversationAdmin", "JudgementAdmin", "ProgramRevisionAdmin", "ResponseAdmin"]


class ItemInline(PagedInline):
    """The dialogue of a conversation, as it was."""

    model = Item
    order = "number"
    fields = ["number", "turn_number", "kind", "content", "interrupted", "created_at"]
    readonly_fields = ["turn_number", "kind", "content", "created_at"]
    verbose_name_plural = "dialogue"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Item]:
        """With the turns, whose numbers are shown."""
        return super().get_queryset(request).select_related("turn")

    @admin.display(description="turn")
    def turn_number(self, item: Item) -> int:
        """The number of the turn."""
        return item.turn.number

    @admin.display
    def kind(self, item: Item) -> str:
        """Who said it, or what it is; and if the student has not seen it."""
        return f"{item.kind}, withheld" if item.withheld else item.kind

    @admin.display
    def content(self, item: Item) -> str:
        """The text of a message; of calls and outputs, their contents."""
        return format_html(WRAPPED, _text(item))


class TurnInline(PagedInline):
    """The turns of a conversation with their outcomes."""

    model = Turn
    order = "number"
    fields = ["number", "state", "message", "started_at", "ended_at"]
    readonly_fields = ["started_at"]


class WorkInline(ReadOnly, TabularInline):
    """The student's program and progress in each step."""

    model = Work
    can_delete = False
    fields = ["step", "program", "history", "attempts", "progress", "begun_at", "done_at"]
    readonly_fields = ["program", "history", "progress", "begun_at"]

    @admin.display
    def progress(self, work: Work) -> str:
        """Begun, passed, or passed with help; see `method.help`."""
        return LABELS[work.state]

    @admin.display
    def program(self, work: Work) -> SafeString:
        """The program, and below it the files that the student has changed."""
        return _program(work)

    @admin.display
    def history(self, work: Work) -> SafeString:
        """The way to what was stored before."""
        asked = {"conversation__id__exact": work.conversation_id, "step__exact": work.step}
        entries = reverse("admin:tutor_programrevision_changelist", query=asked)
        return format_html('<a href="{}">revision {}</a>', entries, work.revision)


class VersionInline(ReadOnly, TabularInline):
    """The versions kept beside the programs, because neither was to be lost."""

    model = KeptVersion
    can_delete = False
    fields = ["step", "program", "base", "created_at", "written_at", "dismissed_at"]
    readonly_fields = ["program", "created_at"]
    verbose_name_plural = "kept versions"

    @admin.display
    def program(self, version: KeptVersion) -> SafeString:
        """The program, and below it the files that the student has changed."""
        return _program(version)


class AttemptInline(PagedInline):
    """The attempts at the steps, and their feedback."""

    model = Attempt
    fields = ["step", "number", "state", "passed", "tried", "judged", "helped", "created_at"]
    readonly_fields = ["tried", "judged", "helped", "created_at"]

    @admin.display
    def tried(self, attempt: Attempt) -> SafeString:
        """The program, the prediction or the choices."""
        answer = attempt.answer
        said = answer.get("code", answer.get("text"))
        return format_html(WRAPPED, str(answer) if said is None else said)

    @admin.display
    def judged(self, attempt: Attempt) -> SafeString:
        """The outcome, as in the model's context; or why there is none."""
        told = attempt.facts
        if attempt.state != Attempt.JUDGED:
            return format_html(WRAPPED, told.message)
        facts = check_facts(attempt.number, attempt.passed, told, attempt.misconceptions)
        return format_html(WRAPPED, _json(facts))

    @admin.display
    def helped(self, attempt: Attempt) -> SafeString:
        """The help that came before it; see `method.help`."""
        return format_html(WRAPPED, _json(attempt.help) if attempt.help else "")


class PredictionInline(PagedInline):
    """The calls that the student was asked to foretell, and what came of them."""

    model = Prediction
    order = "number"
    fields = ["number", "step", "asked", "program", "answer", "gave", "verdict", "message",
              "asked_at", "answered_at", "compared_at"]  # fmt: skip
    readonly_fields = ["asked", "program", "asked_at"]

    @admin.display
    def asked(self, prediction: Prediction) -> SafeString:
        """The call and the question."""
        return format_html(WRAPPED, f"{prediction.call or 'the program'}\n\n{prediction.question}")

    @admin.display
    def program(self, prediction: Prediction) -> SafeString:
        """The program that it was about, and below it the files that the student has changed."""
        return _program(prediction)


class HintInline(PagedInline):
    """The hints that were given."""

    model = HintGiven
    order = "number"
    fields = ["number", "step", "ladder", "level", "text", "asked_by", "created_at"]
    readonly_fields = ["asked_by", "created_at"]

    @admin.display
    def asked_by(self, hint: HintGiven) -> str:
        """The one who asked for it."""
        return "student" if hint.client_id else "tutor"


class StepRunInline(PagedInline):
    """The runs in each step, the student's and the tutor's."""

    model = StepRun
    fields = ["step", "origin", "status", "own", "added", "output", "started"]
    readonly_fields = ["origin", "status", "started"]
    verbose_name_plural = "runs"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StepRun]:
        """With what is shown of the runs, without their programs and outputs."""
        shown = ["output", "run__origin", "run__status", "run__created_at"]
        runs: QuerySet[StepRun] = super().get_queryset(request).select_related("run")
        return runs.only("step", "own", "added", "conversation", *shown)

    @admin.display
    def origin(self, step_run: StepRun) -> str:
        """The one who asked for it."""
        return step_run.run.origin

    @admin.display
    def status(self, step_run: StepRun) -> str:
        """How it ended, or what it is at."""
        return step_run.run.status

    @admin.display
    def started(self, step_run: StepRun) -> datetime:
        """When it was asked for."""
        return step_run.run.created_at


@admin.register(ProgramRevision)
class ProgramRevisionAdmin(ReadOnly, ModelAdmin):
    """The history of a step, which its program leads to; a text has a page of its own."""

    list_display = ["number", "step", "cause", "version", "page", "device", "lines", "chars",
                    "begun_at", "written_at"]  # fmt: skip
    fields = ["number", "step", "cause", "version", "page", "device", "lines", "chars",
              "begun_at", "written_at", "program"]  # fmt: skip
    readonly_fields = ["program"]
    ordering = ["-conversation", "step", "-number"]
    show_full_result_count = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """For who may read the programs."""
        return request.user.has_perm("tutor.view_work")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Not in the index: nobody reads the histories of all."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProgramRevision]:
        """Without the texts, of which a page shows one."""
        return super().get_queryset(request).defer("code", "files")

    @admin.display
    def program(self, revision: ProgramRevision) -> SafeString:
        """The program, and below it the files that the student has changed."""
        return _program(revision)


@admin.register(Response)
class ResponseAdmin(ReadOnly, ModelAdmin):
    """The cost of the model, by course and student; the sum stands above the list."""

    change_list_template = "admin/tutor/response/change_list.html"
    list_display = ["student", "course", "kind", "effort", "input_tokens", "cached_tokens",
                    "output_tokens", "first_word_ms", "cost", "created_at"]  # fmt: skip
    list_filter = ["conversation__lesson__course", "kind", "created_at"]
    search_fields = ["conversation__student__username", "conversation__student__last_name"]
    date_hierarchy = "created_at"
    list_select_related = ["conversation__student", "conversation__lesson__course"]

    @admin.display(ordering="conversation__student")
    def student(self, response: Response) -> str:
        """Whose question it answered."""
        return str(response.conversation.student)

    @admin.display(ordering="conversation__lesson__course")
    def course(self, response: Response) -> str:
        """The course of the lesson it was about."""
        return str(response.conversation.lesson.course)

    def get_urls(self) -> list[URLPattern]:
        """With the page of sums."""
        page = self.admin_site.admin_view(partial(costs_page, self.admin_site))
        return [path("costs/", page, name="tutor_response_costs"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, and what everything in it cost together."""
        page = super().changelist_view(request, extra_context)
        if isinstance(page, TemplateResponse) and page.context_data and "cl" in page.context_data:
            page.context_data["totals"] = page.context_data["cl"].queryset.tokens()
        return page


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, ModelAdmin):
    """Who talked about which lesson, and the whole of it."""

    list_display = [
        "student",
        "course",
        "lesson",
        "progress",
        "turn_count",
        "created_at",
        "updated_at",
    ]
    list_filter = ["lesson__course", "updated_at"]
    search_fields = ["student__username", "student__last_name", "lesson__title", "lesson__slug"]
    date_hierarchy = "updated_at"
    fields = ["student", "lesson", "step", "created_at", "updated_at"]
    inlines = [WorkInline, VersionInline, AttemptInline, PredictionInline, HintInline,
               StepRunInline, JudgementInline, TurnInline, ItemInline]  # fmt: skip
    show_facets = admin.ShowFacets.ALLOW

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conversation]:
        """With what the list shows, in one query."""
        rows = super().get_queryset(request).select_related("student", "lesson__course")
        rows = rows.prefetch_related(Prefetch("works", Work.objects.defer("code", "files")))
        counted: QuerySet[Conversation] = rows.annotate(turn_total=Count("turns"))
        return counted

    @admin.display(ordering="lesson__course__title")
    def course(self, conversation: Conversation) -> str:
        """The lesson's course."""
        return str(conversation.lesson.course)

    @admin.display
    def progress(self, conversation: Conversation) -> str:
        """How far the student is in the lesson: its state, and the steps that are passed."""
        works = {work.step: work for work in conversation.works.all()}
        lesson = conversation.lesson
        made = lesson_progress(lesson.slug, lesson.source(), works, conversation)
        return f"{LABELS[made.state]}, {made.passed_steps} of {len(made.steps)}"

    @admin.display(description="turns", ordering="turn_total")
    def turn_count(self, conversation: Conversation) -> int:
        """The number of messages the student sent."""
        return int(conversation.turn_total)  # type: ignore[attr-defined]  # annotated above


def _program(row: Work | KeptVersion | Prediction | ProgramRevision) -> SafeString:
    files = (f"\n\n{path}:\n{text}" for path, text in row.files.items())
    return format_html(WRAPPED, row.code + "".join(files))


def _text(item: Item) -> str:
    payload = item.payload
    match item.kind:
        case "student":
            return "\n\n".join(part["text"] for part in payload["content"])
        case "tutor" | "facts":
            return tutor_text(payload)
        case "function_call":
            return str(payload.get("arguments", ""))
        case "function_call_output":
            return str(payload.get("output", ""))
        case _:
            return _json(payload)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
