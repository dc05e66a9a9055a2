"""System checks: what must hold before anybody is served, with a hint where it does not."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004
from django.db import Error as DatabaseError
from django.db import connection

from tutor.method import prompts
from tutor.method.facts_role import ROLES
from tutor.method.options import SiteOptions, wrong_options
from tutor.method.pricing import parse_prices

# The length of `secrets.token_urlsafe(24)`; anything shorter was made up by somebody.
SECRET_KEY_LENGTH: Final = 32
# What people copy along with the address of an API.
ENDPOINTS: Final = ("/responses", "/chat/completions", "/models")
# The values of LEAK_GATE; see tutor/models/leak_gate.py.
LEAK_GATES: Final = ("on", "log", "off")


@register()
def store_is_false(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """tutor.E001: no dialogue may be kept upstream, whatever the settings say."""
    fields = prompts.request_fields(model="m", instructions="", student_hash="", cache_key="")
    if fields["store"] is False:
        return []
    hint = "request_fields in tutor/method/prompts.py must set store to False."
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
    """tutor.E002: the address of the model is one, and that of the API and not of an endpoint."""
    problem = _problem_of_address(settings.OPENAI_BASE_URL)
    if not problem:
        return []
    hint = "It looks like https://api.openai.com/v1 or http://127.0.0.1:8080/v1."
    return [Error(f"OPENAI_BASE_URL {problem}.", hint=hint, id="tutor.E002")]


def _problem_of_address(address: str) -> str:
    """What is wrong with the address of an API; empty if nothing is."""
    if not address.strip():
        return "is blank"
    if any(character.isspace() or not character.isprintable() for character in address):
        return "has a blank or a character that cannot be seen in it, perhaps at its end"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f"is no web address: {error}"
    if parts.scheme not in ("http", "https"):
        return "does not begin with http:// or https://"
    if not host:
        return "names no host"
    if port == 0:
        return "has the port 0, at which nobody can be reached"
    if parts.query or parts.fragment:
        return "has a part behind ? or #, which would be lost"
    if parts.path.rstrip("/").endswith(ENDPOINTS):
        return "is the address of an endpoint; the API's ends before that"
    return ""


@register()
def model_options_are_sensible(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """tutor.E005: the model is asked as the API allows, with room for an answer after thinking."""
    hint = "The README's table of settings tells what may stand there."
    site = SiteOptions(**settings.MODEL_OPTIONS)
    return [Error(text, hint=hint, id="tutor.E005") for text in wrong_options(site)]


@register()
def prices_are_prices(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """tutor.E006: a price that cannot be read would be no price, and nobody would notice."""
    try:
        parse_prices(settings.OPENAI_PRICES)
    except ValueError as error:
        return [Error(f"OPENAI_PRICES: {error}", id="tutor.E006")]
    return []


@register()
def facts_have_a_role(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """tutor.E007: a role that the protocol does not have would be refused with every question."""
    role = settings.MODEL_FACTS_ROLE
    if role in ROLES:
        return []
    text = f"MODEL_FACTS_ROLE is {role!r}. It may be {', '.join(ROLES)}."
    hint = "manage.py model check says which of them the model's server takes."
    return [Error(text, hint=hint, id="tutor.E007")]


@register()
def the_leak_gate_is_on_or_off(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """tutor.E008: a word that means nothing would be taken for "on", and nobody would notice."""
    if settings.LEAK_GATE in LEAK_GATES:
        return []
    text = f"LEAK_GATE is {settings.LEAK_GATE!r}. It may be {', '.join(LEAK_GATES)}."
    hint = "The README's table of settings tells what each of them does."
    return [Error(text, hint=hint, id="tutor.E008")]


@register()
def nobody_gets_in_with_a_public_password(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """tutor.E003: outside a demo no demo account is left. Passes while there is no database."""
    names = [] if settings.IS_DEMO else _open_demo_accounts()
    if not names:
        return []
    hint = "Run manage.py demo --disable. Until then they cannot log in, and nothing is served."
    text = f"This is no demo, but accounts with public passwords exist: {', '.join(names)}."
    return [Error(text, hint=hint, id="tutor.E003")]


def _open_demo_accounts() -> list[str]:
    from tutor.identity import demo  # models can be imported only when all apps are ready

    file = Path(str(connection.settings_dict["NAME"]))
    if connection.vendor == "sqlite" and not file.exists():
        return []  # to look would make the file, perhaps as another user's
    was_open = connection.connection is not None
    try:
        return [account.username for account in demo.open_accounts()]
    except DatabaseError:
        return []  # no tables yet, or nobody answers
    finally:
        if not was_open:
            connection.close()


@register()
def a_real_site_hides_its_errors(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """tutor.E004: Django's debug pages show what students wrote to whoever meets an error."""
    if not (settings.DEBUG and settings.HTTPS):
        return []
    hint = "Set DEBUG to false."
    return [Error("DEBUG is on, and so is HTTPS: a real site.", hint=hint, id="tutor.E004")]


@register()
def the_secret_key_is_one(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """tutor.W002: with a key that can be guessed, so can who a student is upstream."""
    if settings.IS_DEMO or len(settings.SECRET_KEY) >= SECRET_KEY_LENGTH:
        return []
    hint = "Leave it out, or: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'."
    return [Warning("SECRET_KEY is short enough to be guessed.", hint=hint, id="tutor.W002")]
