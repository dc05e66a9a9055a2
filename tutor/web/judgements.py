"""The judgements of the leak gate, for instructors: what was held back, why, and if wrongly."""

import difflib
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from sandbox.admin import WRAPPED
from tutor.leaks.judgement import Verdict
from tutor.models import Judgement
from tutor.models.judged import seen_instead, student_program
from tutor.models.judgements import IS_AGAINST, JudgementQuerySet
from tutor.web.judgement_sums import sums_page
from tutor.web.paged import PagedInline
from tutor.web.read_only import ModelAdmin, ReadOnly

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# The rows of a page of the list, and the characters of a text that a page shows.
PER_PAGE: Final = 50
MAX_TEXT_CHARS: Final = 20_000
# The ways in which a program is made of a text, by `Judgement.way`.
WAYS: Final = {
    "whole": "A whole function or program of the text was taken",
    "edit": "An edit that the words tell was made",
    "edits": "The edits that the words tell were made together",
    "splice": "Code of the text was put in its likeliest places",
    "pair": "A piece of code was replaced by another one that is named with it",
    "union": "All that was said in the step so far was put together",
    "assembled": "Lines of code that were said one after the other were put together",
    "renamed": "Code of the text was put in with the student's names",
}
# Those of a leak that was found without a run.
SOLUTION: Final = "solution"
NOT_RUN: Final = {
    SOLUTION: "It was not run: it holds code of the author's solution.",
    "block": "It could not be run in time, and holds more new code than a short span.",
    "output": "It says what the program to predict prints.",
}
CHANNELS: Final = {
    "reply": "in a message",
    "code": "a program that the tutor ran",
    "call": "a call that the tutor made or asked about",
    "output": "what a run of the tutor's printed",
}
# The signs of a line of a difference, and what the page calls such a line.
LINES: Final = {"+": "added", "-": "removed"}


class SaidWrong(admin.SimpleListFilter):
    """Those that an instructor says were withheld wrongly."""

    title = "withheld wrongly"
    parameter_name = "wrong"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Said, or not said."""
        return [("yes", "said so"), ("no", "not said")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The chosen ones; of those that are not said, the ones that could be."""
        match self.value():
            case "yes":
                return queryset.filter(wrong_at__isnull=False)
            case "no":
                return queryset.filter(IS_AGAINST, wrong_at=None)
            case _:
                return queryset


class JudgementInline(PagedInline):
    """What of a dialogue was held back, or solved the step; each with its page."""

    model = Judgement
    show_change_link = True
    fields = ["turn_number", "step", "channel", "verdict", "held_back", "wrong_at", "created_at"]
    readonly_fields = ["turn_number", "created_at"]
    verbose_name_plural = "withheld"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Judgement]:
        """With the numbers of their turns, without their texts."""
        found: QuerySet[Judgement] = super().get_queryset(request)
        return found.filter(IS_AGAINST).select_related("turn").defer("text", "mended")

    @admin.display(description="turn")
    def turn_number(self, judgement: Judgement) -> int:
        """The number of the turn."""
        return judgement.turn.number


@admin.register(Judgement)
class JudgementAdmin(ReadOnly, ModelAdmin):
    """What the gate judged. All that can be written is that it was wrong, and by whom that is."""

    change_list_template = "admin/tutor/judgement/change_list.html"
    change_form_template = "admin/tutor/judgement/change_form.html"
    list_display = ["created_at", "held_back", "verdict", "student", "lesson", "step", "is_wrong",
                    "ms"]  # fmt: skip
    list_filter = ["held_back", "verdict", SaidWrong, "created_at", "channel",
                   "conversation__lesson__course", "conversation__lesson__slug", "step",
                   "gate_version"]  # fmt: skip
    search_fields = ["conversation__student__username", "conversation__student__last_name"]
    ordering = ["-pk"]
    list_per_page = PER_PAGE
    list_max_show_all = PER_PAGE
    actions = ["say_wrong", "take_back"]
    fieldsets = [
        (None, {"fields": ["said", "why", "difference", "instead", "wrong"]}),
        ("Where", {"fields": ["dialogue", "lesson", "step", "came", "created_at"]}),
        ("How", {"fields": ["verdict", "held_back", "took", "gate_version"]}),
    ]  # fmt: skip
    readonly_fields = ["said", "why", "difference", "instead", "wrong", "dialogue", "lesson",
                       "came", "created_at", "took"]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Judgement]:
        """With what a list shows of the dialogue, in one query, and without long texts."""
        where = ["turn", "conversation__student", "conversation__lesson__course", "wrong_by"]
        found: QuerySet[Judgement] = super().get_queryset(request).select_related(*where)
        return found.defer("text", "mended", "conversation__lesson__document")

    # The list

    @admin.display(ordering="conversation__student")
    def student(self, judgement: Judgement) -> str:
        """In whose dialogue it was."""
        return str(judgement.conversation.student)

    @admin.display(ordering="conversation__lesson__slug")
    def lesson(self, judgement: Judgement) -> str:
        """The lesson that it was about."""
        return str(judgement.conversation.lesson)

    @admin.display(description="wrongly", boolean=True, ordering="wrong_at")
    def is_wrong(self, judgement: Judgement) -> bool | None:
        """An instructor says so; None for what nobody can say it of."""
        said = judgement.wrong_at is not None
        return said if said or judgement.is_against else None

    # One judgement

    @admin.display(description="What the tutor wrote")
    def said(self, judgement: Judgement) -> SafeString:
        """The text that was judged."""
        return format_html(WRAPPED, _cut(judgement.text) or "Not kept: it solves nothing.")

    @admin.display(description="Why")
    def why(self, judgement: Judgement) -> str:
        """The verdict and the way in words."""
        return because(judgement)

    @admin.display(description="The program that it makes")
    def difference(self, judgement: Judgement) -> SafeString | str:
        """The program that passed, as it differs from the student's."""
        if not judgement.mended:
            return "None."
        if judgement.way == SOLUTION:
            return format_html(WRAPPED, judgement.mended)
        before = student_program(judgement)
        lines = (
            (LINES.get(line[:1], "same"), line) for line in changes(before.code, judgement.mended)
        )
        shown = format_html_join("", '<span class="{}">{}\n</span>', lines)
        unsure = "" if before.is_the_one else " It may have been another one."
        return format_html(
            '<p>Against the student\'s program {}.{}</p><pre class="difference">{}</pre>',
            before.where, unsure, shown,
        )  # fmt: skip

    @admin.display(description="What the student saw instead")
    def instead(self, judgement: Judgement) -> SafeString | str:
        """The next that was shown in the turn; what was not held back was seen itself."""
        if not judgement.held_back:
            return "This text itself: it was not held back."
        blocks = [(_cut(text),) for text in seen_instead(judgement)]
        return format_html_join("", WRAPPED, blocks) or "Nothing more in this turn."

    @admin.display(description="Dialogue")
    def dialogue(self, judgement: Judgement) -> SafeString:
        """The whole dialogue, and the turn in it."""
        url = reverse("admin:tutor_conversation_change", args=[judgement.conversation_id])
        student = judgement.conversation.student
        return format_html('<a href="{}">{}, turn {}</a>', url, student, judgement.turn.number)

    @admin.display(description="Channel")
    def came(self, judgement: Judgement) -> str:
        """The channel in words."""
        return CHANNELS.get(judgement.channel, judgement.channel)

    @admin.display(description="What it took")
    def took(self, judgement: Judgement) -> str:
        """How much was run, and how long that was."""
        return (
            f"{judgement.ms:,} ms: {judgement.programs} programs, {judgement.case_runs} runs of a "
            f"case. The student's program fails {judgement.failing} cases."
        )

    @admin.display(description="Withheld wrongly")
    def wrong(self, judgement: Judgement) -> str:
        """Who says so, and since when."""
        if judgement.wrong_at is None:
            return "Nobody says so."
        return (
            f"{judgement.wrong_by or 'Somebody'} says so, {judgement.wrong_at:%Y-%m-%d %H:%M} UTC."
        )

    # Withheld wrongly

    def has_mark_permission(self, request: HttpRequest) -> bool:
        """Whoever may say that something was withheld wrongly."""
        return cast("User", request.user).has_perm("tutor.change_judgement")

    @admin.action(description="Withheld wrongly", permissions=["mark"])
    def say_wrong(self, request: HttpRequest, chosen: JudgementQuerySet) -> None:
        """Say so of the chosen ones."""
        count = _plain(chosen).say_wrong(cast("User", request.user))
        self._tell(request, count, "noted as withheld wrongly")

    @admin.action(description="Not withheld wrongly after all", permissions=["mark"])
    def take_back(self, request: HttpRequest, chosen: JudgementQuerySet) -> None:
        """Take it back of the chosen ones, whoever has said it."""
        self._tell(request, _plain(chosen).take_back(), "taken back")

    def _tell(self, request: HttpRequest, count: int, done: str) -> None:
        many = "1 judgement was" if count == 1 else f"{count} judgements were"
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, f"{many} {done}.", level)

    def _mark(self, request: HttpRequest, number: int, *, wrong: bool) -> HttpResponse:
        """The button of a judgement's page: as the actions, of this one."""
        if not self.has_mark_permission(request):
            raise PermissionDenied
        chosen = Judgement.objects.filter(pk=number)
        if not chosen.exists():
            raise Http404
        (self.say_wrong if wrong else self.take_back)(request, chosen)
        return HttpResponseRedirect(reverse("admin:tutor_judgement_change", args=[number]))

    # Pages

    def get_urls(self) -> list[URLPattern]:
        """With the page of counts, and the two buttons."""
        view = self.admin_site.admin_view
        counts = view(partial(sums_page, self.admin_site))
        buttons = [
            path(
                f"<int:number>/{name}/",
                view(require_POST(partial(self._mark, wrong=wrong))),
                name=f"tutor_judgement_{name}",
            )
            for name, wrong in (("wrong", True), ("right", False))
        ]
        return [path("sums/", counts, name="tutor_judgement_sums"), *buttons, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **more: Any
    ) -> Any:
        """With whether there is something to say, for whoever may say it."""
        judgement: Judgement | None = context.get("original")
        is_sayable = judgement is not None and (judgement.is_against or judgement.wrong_at)
        context["can_mark"] = is_sayable and self.has_mark_permission(request)
        return super().render_change_form(request, context, *args, **more)


def because(judgement: Judgement) -> str:
    """Why a text was judged as it was, in words."""
    way = WAYS.get(judgement.way, judgement.way)
    made = f"{way}, and the program that this makes" if way else "The program that it makes"
    match Verdict(judgement.verdict):
        case Verdict.LEAK if judgement.way in NOT_RUN:
            return NOT_RUN[judgement.way]
        case Verdict.LEAK:
            return f"It solves the step. {made} passes every case."
        case Verdict.PARTIAL:
            return f"It mends a part. {made} passes more than the student's. It counts as help."
        case Verdict.UNSURE:
            return "It could not be run in time."
        case Verdict.OK:
            return "No program that can be made of it passes."


def changes(before: str, after: str) -> Iterator[str]:
    """The lines of a program with those that another one has instead, each with a sign."""
    ours, others = before.splitlines(), after.splitlines()
    whole = max(len(ours), len(others), 1)
    yield from list(difflib.unified_diff(ours, others, lineterm="", n=whole))[3:]


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT_CHARS else f"{text[:MAX_TEXT_CHARS]}…"


def _plain(chosen: JudgementQuerySet) -> JudgementQuerySet:
    """The same rows to be written, without what a list reads beside them."""
    return Judgement.objects.filter(pk__in=chosen.order_by().values("pk"))
