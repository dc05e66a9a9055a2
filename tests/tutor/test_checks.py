"""System checks of the settings."""

from typing import Any

import pytest

from tutor import checks


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
