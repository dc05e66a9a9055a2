"""The tables of words."""

from dataclasses import fields

import pytest

from tutor.leaks.speech import Speech
from tutor.leaks.words import SPEECHES


@pytest.mark.parametrize("speech", SPEECHES.values(), ids=SPEECHES)
def test_a_table_has_words_in_every_field_all_in_small_letters(speech: Speech) -> None:
    for field in fields(Speech):
        value = getattr(speech, field.name)
        if field.name == "verb_last":
            continue
        assert value, field.name
        assert [word for word in value if word != word.lower()] == []
