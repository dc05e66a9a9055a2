"""What is and is not begging."""

import pytest

from tutor.practice.intents import Intent, intent_of


@pytest.mark.parametrize(
    "words",
    [
        "Is my solution right?",
        "Please run my program",
        "Tell me what the error means",
        "What does my code do?",
        "I think the answer is 6 because the loop has three rounds",
        "I changed the line with the range",
    ],
)
def test_honest_questions_are_not_begging(words: str) -> None:
    assert intent_of(words) not in {Intent.BEG, Intent.HELP}
