"""Whatever the order of turns, failures and reconnects: what the model was told equals the rows."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.tutor.far_end import Emulated
from tests.tutor.telling import Dialogue

SEQUENCES = settings(max_examples=120, stateful_step_count=40, deadline=None, database=None)


class EmulatedDialogue(Dialogue):
    """Told to the emulator, which is stricter."""

    far_end = Emulated


@pytest.mark.parametrize("dialogue", [Dialogue, EmulatedDialogue])
def test_what_the_model_was_told_equals_the_rows(dialogue: type[Dialogue]) -> None:
    run_state_machine_as_test(dialogue, settings=SEQUENCES)
