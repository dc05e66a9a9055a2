"""System checks of the settings."""

from typing import Any

import pytest
from django.core.checks import ERROR

from tutor import checks
from tutor.protocol.events import ModelReachable
from tutor.upstream.sansio import link, parse


@pytest.mark.parametrize(
    ("debug", "https", "found"), [(True, True, 1), (True, False, 0), (False, True, 0)]
)
def test_debug_pages_do_not_go_with_https(
    settings: Any, debug: bool, https: bool, found: int
) -> None:
    settings.DEBUG, settings.HTTPS = debug, https
    assert len(checks.a_real_site_hides_its_errors(None)) == found


def test_a_secret_key_that_somebody_made_up_is_warned_of(settings: Any) -> None:
    settings.IS_DEMO = True
    settings.SECRET_KEY = "change-me"
    assert checks.the_secret_key_is_one(None) == []
    settings.IS_DEMO = False
    assert [found.id for found in checks.the_secret_key_is_one(None)] == ["tutor.W002"]
    settings.SECRET_KEY = "k" * checks.SECRET_KEY_LENGTH
    assert checks.the_secret_key_is_one(None) == []


def test_options_of_the_model_that_leave_no_answer_are_an_error(settings: Any) -> None:
    assert checks.model_options_are_sensible(None) == []
    wrong = {"reasoning_effort": "high", "reasoning_tokens": 200, "max_answer_tokens": 1_000}
    settings.MODEL_OPTIONS = settings.MODEL_OPTIONS | wrong
    [found] = checks.model_options_are_sensible(None)
    assert (found.id, "OPENAI_REASONING_TOKENS" in found.msg) == ("tutor.E005", True)


def test_prices_that_cannot_be_read_are_an_error(settings: Any) -> None:
    assert checks.prices_are_prices(None) == []
    settings.OPENAI_PRICES = "gpt-6-astra=1,25/0,125/10"
    assert [found.id for found in checks.prices_are_prices(None)] == ["tutor.E006"]


def test_a_role_that_the_protocol_does_not_have_is_an_error(settings: Any) -> None:
    assert checks.facts_have_a_role(None) == []
    settings.MODEL_FACTS_ROLE = "Developer"
    [found] = checks.facts_have_a_role(None)
    assert (found.id, "developer, system, user" in found.msg) == ("tutor.E007", True)


def test_a_word_that_the_leak_gate_does_not_know_is_an_error(settings: Any) -> None:
    for word in ("on", "log", "off"):
        settings.LEAK_GATE = word
        assert checks.the_leak_gate_is_on_or_off(None) == []
    settings.LEAK_GATE = "none"
    [found] = checks.the_leak_gate_is_on_or_off(None)
    assert (found.id, "'none'. It may be on, log, off" in found.msg) == ("tutor.E008", True)


@pytest.mark.parametrize(
    "address",
    [
        "https://api.openai.com/v1", "http://127.0.0.1:8080/v1", "http://[::1]:8080/v1/",
        "HTTPS://gateway.example.org", "http://ollama:11434/v1", "https://user:pw@example.org/v1",
    ],
)  # fmt: skip
def test_an_address_of_a_model_is_one(settings: Any, address: str) -> None:
    settings.OPENAI_BASE_URL = address
    assert checks.model_has_an_address(None) == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://localhost:99999/v1", "ort"), ("http://localhost:abc/v1", "ort"),
        ("http://localhost:-1/v1", "ort"), ("http://localhost:0/v1", "port 0"),
        ("http://[::1/v1", "IPv6"), ("localhost:8080/v1", "begin with http"),
        ("ftp://localhost/v1", "begin with http"), ("wss://localhost/v1", "begin with http"),
        ("api.openai.com/v1", "begin with http"), ("http:///v1", "no host"),
        ("http://:8080/v1", "no host"), ("http://", "no host"), (" ", "blank"), ("", "blank"),
        ("https://api.openai.com/v1 ", "blank"), (" https://api.openai.com/v1", "blank"),
        ("https://api.openai.com/v1\n", "blank"), ("https://api openai.com/v1", "blank"),
        ("https://api.openai.com/v1\u200b", "seen"),
        ("https://api.openai.com/v1/responses", "endpoint"),
        ("http://localhost/v1/chat/completions/", "endpoint"),
        ("http://localhost/v1?key=x", "lost"), ("http://localhost/v1#x", "lost"),
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_an_error_with_advice(
    settings: Any, address: str, said: str
) -> None:
    settings.OPENAI_BASE_URL = address
    [found] = checks.model_has_an_address(None)
    assert (found.id, found.level) == ("tutor.E002", ERROR)
    assert said in found.msg
    assert "https://api.openai.com/v1" in (found.hint or "")


@pytest.mark.parametrize("address", ["http://localhost:abc/v1", "http://[::1/v1", " "])
async def test_where_nobody_has_checked_it_a_question_fails_as_any_other(
    settings: Any, connect: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "BACKOFF_S", (0.01,))
    async with connect(address) as student:
        assert not (await student.next(ModelReachable)).reachable
        failed = await student.say("Why?")
        assert (failed.message, failed.may_retry) == (parse.UNREACHABLE, False)
