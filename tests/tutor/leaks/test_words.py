"""The tables of words."""

from dataclasses import fields

import pytest

from tutor.leaks.speech import Speech
from tutor.leaks.words import SPEECHES, speech_of


@pytest.mark.parametrize(
    ("name", "found"), [("en", "en"), ("de", "de"), ("de-AT", "de"), ("EN", "en"), ("fr", None)]
)
def test_a_language_is_found_by_its_code(name: str, found: str | None) -> None:
    speech = speech_of(name)
    assert (speech and speech.name) == found


@pytest.mark.parametrize("speech", SPEECHES.values(), ids=SPEECHES)
def test_a_table_has_words_in_every_field_all_in_small_letters(speech: Speech) -> None:
    for field in fields(Speech):
        value = getattr(speech, field.name)
        if field.name == "verb_last":
            continue
        assert value, field.name
        assert [word for word in value if word != word.lower()] == []
