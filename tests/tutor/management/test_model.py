"""`manage.py model check` as an operator calls it."""

import asyncio
import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.tutor.upstream.check.test_dialogue import obedient
from tutor import emulator
from tutor.management.commands import model
from tutor.protocol.events import Usage


def checked(*arguments: str) -> tuple[int, str]:
    """The exit code and what it prints."""
    out = io.StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("model", "check", *arguments, stdout=out)
    return int(str(left.value.code)), out.getvalue()


async def test_it_prints_a_table_and_needs_no_database(settings: Any) -> None:
    async with emulator.serve(model=obedient) as server:
        settings.OPENAI_BASE_URL = server.base_url
        code, printed = await asyncio.to_thread(checked)
    assert code == 0, printed
    lines = printed.splitlines()
    assert lines[0] == f"{settings.OPENAI_MODEL} at {server.base_url}"
    assert lines[-1] == "All that the tutor needs works."


async def test_it_prints_json_and_tells_no_password(settings: Any) -> None:
    settings.OPENAI_BASE_URL = "http://somebody:secret@127.0.0.1:1/v1"
    code, printed = await asyncio.to_thread(checked, "--json", "--model", "other")
    report = json.loads(printed)
    assert (code, report["exit_code"], report["ok"]) == (69, 69, False)
    assert report["model"] == "other"
    assert report["base_url"] == "http://127.0.0.1:1/v1"


@pytest.mark.parametrize(
    "address", ["", "nonsense", "ws://host/v1", "http://h:99999/v1", "http://[::1/v1", "http:///v1"]
)
def test_an_address_that_is_none_is_a_matter_of_settings(settings: Any, address: str) -> None:
    settings.OPENAI_BASE_URL = address
    code, printed = checked()
    assert code == 78
    assert "OPENAI_BASE_URL" in printed


def test_a_bound_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError):
        call_command("model", "check", "--timeout", "0")


def test_a_url_is_shown_without_its_password() -> None:
    assert model.without_password("https://a:b@h:1/v1") == "https://h:1/v1"


def test_tokens_cost_what_the_site_says(settings: Any) -> None:
    settings.OPENAI_PRICES, settings.CURRENCY = "m=1/0.1/10", "EUR"
    assert model.price(Usage(1_000_000, 0, 100_000), "m") == "2 EUR"
    assert model.price(Usage(5, 0, 5), "other") == ""
