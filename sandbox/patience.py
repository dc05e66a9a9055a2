"""Patience of a run that waits for a container, and what it is told when that ends. Pure."""

from .job import Result, Status

# Seconds for which a run waits for a container before it is refused; and while the pool is
# starting: a machine that has just come up may take its time.
PATIENCE_S = 60.0
START_PATIENCE_S = 120.0

BUSY = Result(
    Status.UNAVAILABLE,
    message="Code cannot be run at the moment: too many programs are waiting. "
    "Try again in a minute.",
)
NOT_STARTED = Result(
    Status.UNAVAILABLE,
    message="Code cannot be run yet: the sandbox has not come up. Try again in a minute.",
)


def refusal(waited_s: float, *, has_started: bool) -> Result | None:
    """The result of a run that has waited for so long; None while it may go on waiting."""
    if has_started:
        return BUSY if waited_s > PATIENCE_S else None
    return NOT_STARTED if waited_s > START_PATIENCE_S else None
