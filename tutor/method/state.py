"""The state of a step, derived from what happened in it. Pure: no clock, no I/O.

The source of the states is the predict, run, compare loop of the product's method; what each lets
the tutor do is refused in `hints`, `predictions` and `runs`, not asked of the model.
"""

from datetime import datetime
from typing import Literal

from tutor.method.evidence import Evidence

State = Literal[
    "fresh", "trying", "committed", "surprised", "consistent", "stuck", "passed", "reading"
]


def state_of(evidence: Evidence, now: datetime) -> State:
    """The state of the step now.

    `reading`: there is nothing to solve in it. `committed`: a prediction is open. `surprised` and
    `consistent`: the last prediction of the present program was wrong, or right. `stuck`: two
    judged attempts, or eight minutes, without a case gained.
    """
    raise NotImplementedError
