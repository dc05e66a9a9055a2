"""How long a run waits for a container, and what it is told then."""

from sandbox.patience import BUSY, NOT_STARTED, PATIENCE_S, START_PATIENCE_S, refusal


def test_a_pool_that_is_starting_is_waited_for_longer_and_named_as_what_it_is() -> None:
    assert refusal(PATIENCE_S, has_started=True) is None
    assert refusal(PATIENCE_S + 1, has_started=True) is BUSY
    assert refusal(PATIENCE_S + 1, has_started=False) is None
    assert refusal(START_PATIENCE_S + 1, has_started=False) is NOT_STARTED
