"""Settings fail loudly: a word that means nothing is not taken for another one."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from tutor.settings import number_or_none, switch


@pytest.mark.parametrize("text", ["true", "True", "1", "on", "yes", " YES "])
def test_a_switch_is_turned_on(text: str) -> None:
    assert switch("HTTPS", text)


@pytest.mark.parametrize("text", ["", " ", "false", "0", "off", "No"])
def test_a_switch_stays_off(text: str) -> None:
    assert not switch("HTTPS", text)


@pytest.mark.parametrize("text", ["enabled", "https", "2", "-", "tru"])
def test_a_word_that_is_neither_is_refused_by_the_name_of_its_setting(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="HTTPS is "):
        switch("HTTPS", text)


def test_a_number_that_is_left_out_is_none_and_a_word_is_refused() -> None:
    assert [number_or_none("X", text) for text in ("", " ", "0", "-5", "600")] == [
        None, None, 0, -5, 600
    ]  # fmt: skip
    with pytest.raises(ImproperlyConfigured, match="OPENAI_REASONING_TOKENS is 'much'"):
        number_or_none("OPENAI_REASONING_TOKENS", "much")
