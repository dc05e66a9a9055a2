"""Runs in the admin: to look at, not to change."""

from django.contrib import admin
from django.http import HttpRequest

from .models import Run


@admin.register(Run)
class RunAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic to mypy only
    """Searchable by student and key; what was run and what came of it cannot be edited."""

    list_display = ["created_at", "student", "origin", "status", "exit_code", "duration_ms"]
    list_filter = ["status", "origin", "created_at"]
    search_fields = ["key", "group", "student__username"]
    date_hierarchy = "created_at"
    list_select_related = ["student"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False
