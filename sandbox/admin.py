"""Runs in the admin: to look at, not to change."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from .models import Run

# Long lines would push everything else off the screen.
WRAPPED = '<pre style="white-space: pre-wrap; overflow-wrap: anywhere; margin: 0">{}</pre>'


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic to mypy only
    """Searchable by student and key; what was run and what came of it cannot be edited."""

    list_display = ["created_at", "student", "origin", "status", "exit_code", "duration_ms"]
    list_filter = ["status", "origin", "created_at"]
    search_fields = ["key", "group", "student__username"]
    date_hierarchy = "created_at"
    list_select_related = ["student"]
    fields = [
        "key", "student", "origin", "status", "exit_code", "message", "program", "input",
        "answers", "printed", "errors", "limits",
        "duration_ms", "cpu_ms", "peak_memory_kb", "queued_ms",
        "created_at", "started_at", "finished_at",
    ]  # fmt: skip
    readonly_fields = ["program", "input", "answers", "printed", "errors", "created_at"]

    @admin.display
    def program(self, run: Run) -> str:
        """The code."""
        return format_html(WRAPPED, run.code)

    @admin.display
    def input(self, run: Run) -> str:
        """Its standard input."""
        return format_html(WRAPPED, run.stdin)

    @admin.display
    def answers(self, run: Run) -> str:
        """The input typed while it ran."""
        return format_html(WRAPPED, run.typed)

    @admin.display
    def printed(self, run: Run) -> str:
        """Its standard output."""
        return format_html(WRAPPED, run.stdout)

    @admin.display
    def errors(self, run: Run) -> str:
        """Its standard error."""
        return format_html(WRAPPED, run.stderr)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False
