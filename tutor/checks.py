"""System checks: what must hold before anybody is served, with a hint where it does not."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004

from tutor import prompts


@register()
def store_is_false(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """tutor.E001: no dialogue may be kept upstream, whatever the settings say."""
    fields = prompts.request_fields(model="m", instructions="", student_hash="", cache_key="")
    if fields["store"] is False:
        return []
    hint = "request_fields in tutor/prompts.py must set store to False."
    return [Error("Requests to the model would be stored.", hint=hint, id="tutor.E001")]


@register()
def several_machines_share_a_database(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """tutor.W001: with Redis come several machines, and SQLite serves only one."""
    sqlite = settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
    if settings.EMBEDDED or not sqlite:
        return []
    hint = "Set DATABASE_URL to a PostgreSQL database, as compose.yaml does."
    return [Warning("REDIS_URL is set, but the database is SQLite.", hint=hint, id="tutor.W001")]


@register()
def model_has_an_address(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """tutor.E002: the address of the model is one."""
    if settings.OPENAI_BASE_URL.startswith(("http://", "https://")):
        return []
    hint = "It looks like https://api.openai.com/v1."
    return [Error("OPENAI_BASE_URL is no web address.", hint=hint, id="tutor.E002")]
