"""The state of a step, derived from what happened in it. Pure: no clock, no I/O.

The method is a loop: predict, run, compare. What a state does not allow is refused, by `hints`, by
`predictions` and by the guard before every run (`tutor.models.run_guard`), whatever the model asks.
"""

from datetime import datetime
from typing import Final, Literal

from tutor.method.evidence import Evidence, Predicted

State = Literal[
    "fresh", "trying", "committed", "surprised", "consistent", "stuck", "passed", "reading"
]

STUCK_ATTEMPTS: Final = 2
STUCK_S: Final = 8 * 60.0


def state_of(evidence: Evidence, now: datetime) -> State:
    """The state of the step now: the first of these that holds.

    `committed`: a prediction is open. `reading`: there is nothing to solve in the step. `passed`.
    `fresh`: nothing was tried, and the program is the one that the step began with. `surprised`:
    the last prediction of the present program was wrong. `stuck`: two attempts that counted, or
    eight minutes, without a case gained or a prediction compared. `consistent`: the last prediction
    of the present program was right. `trying`.
    """
    if evidence.open_prediction is not None:
        return "committed"
    if evidence.kind == "explain":
        return "reading"
    if evidence.is_done:
        return "passed"
    if _is_fresh(evidence):
        return "fresh"
    tested = [one for one in evidence.predictions if one.was_tested]
    last = next((one for one in reversed(tested) if one.code_hash == evidence.code_hash), None)
    if last is not None and last.verdict == "wrong":
        return "surprised"
    if _is_stuck(evidence, tested, now):
        return "stuck"
    return "trying" if last is None else "consistent"


def _is_fresh(evidence: Evidence) -> bool:
    is_starter = evidence.code_hash in ("", evidence.starter_hash)
    return is_starter and not (evidence.runs or evidence.checks or evidence.predictions)


def _is_stuck(evidence: Evidence, tested: list[Predicted], now: datetime) -> bool:
    """Nothing was gained for long, neither a case nor what a prediction has shown."""
    gains = [evidence.begun_at, *(one.answered_at for one in tested if one.answered_at)]
    best = 0
    for check in evidence.checks:
        if check.cases_passed > best:
            best = check.cases_passed
            gains.append(check.at)
    since = max(gains)
    tried = [check for check in evidence.attempts if check.at > since]
    return len(tried) >= STUCK_ATTEMPTS or (now - since).total_seconds() >= STUCK_S
