"""Which hint may be given, and why not. Pure.

1. A step has one ladder of hints, and one for each error that the author wrote hints for; errors in
   syntax have one of their own in any case. While the student's last run or check of the present
   program ended with such an error, that ladder counts.
2. Level n comes after level n − 1, and no rung twice. No level is above the course's highest. Where
   a ladder has no hints of the author's, the model writes up to three.
3. The author's rule of a rung must hold: attempts that counted, minutes in the step, the error.
   Where there is no rule, the first rung needs an honest attempt: a run, a check or an answered
   prediction of a program that is not the starter (nothing of that where support is high or open,
   and two attempts that counted where it is low). In a step without a program of the student's own,
   an attempt at it is one.
4. After a hint the next one needs something new: a run, a check or an answered prediction since,
   of another program or with another outcome than all before it; and MIN_APART_S seconds.
5. No hints while a prediction is open, once the step is passed, and where nothing is to be solved.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from courses.audience import Hint
from courses.observation import Raised
from tutor.method.evidence import Evidence

MIN_APART_S: Final = 20.0
# The highest level that the model may write where the author wrote none.
MAX_WRITTEN_LEVEL: Final = 3
LOW_SUPPORT_ATTEMPTS: Final = 2
# The error of a program that cannot be read, and its ladder where the author has named none.
SYNTAX_ERROR: Final = "SyntaxError"

# For the student: what must happen first.
TRY_FIRST: Final = "Change something in your program first, and run or check it."
ATTEMPT_FIRST: Final = "Try another answer first."
ANSWER_FIRST: Final = "Answer the open question first: what do you expect?"
WAIT_FIRST: Final = "Try the last hint out first."
ASK_AGAIN: Final = "Ask for a hint again."
PASSED: Final = "You have solved this step."
NOTHING_TO_SOLVE: Final = "There is nothing to solve in this step."


@dataclass(frozen=True)
class HintPolicy:
    """The hints of a step, and the course's part; `max_level` is None where all may be given."""

    hints: tuple[Hint, ...] = ()
    max_level: int | None = None
    support: str = "medium"


@dataclass(frozen=True)
class HintGranted:
    """This hint may be given now. `text` is the author's; empty where the model is to write it."""

    ladder: str
    level: int
    text: str


@dataclass(frozen=True)
class HintRefused:
    """No hint now. Both say why; `allowed` is the level that may be given now, 0 for none."""

    for_model: str
    for_student: str
    allowed: int = 0


NO_MORE: Final = HintRefused(
    "Every hint that may be given here was given: ask a smaller question instead.",
    "There is no other hint for this. Tell the tutor what you have tried.",
)


def next_hint(evidence: Evidence, policy: HintPolicy, now: datetime) -> HintGranted | HintRefused:
    """The next hint of the ladder that counts now."""
    if (closed := _closed(evidence)) is not None:
        return closed
    ladder = ladder_of(evidence, policy)
    level = given_level(evidence, ladder) + 1
    authored = {hint.level: hint for hint in policy.hints if hint.error == ladder}
    if level > _highest(authored, policy):
        return NO_MORE
    missing = _missing(evidence, policy, authored.get(level, Hint("", level, error=ladder)), now)
    if missing is not None:
        return missing
    if (early := _too_early(evidence, now)) is not None:
        return early
    return HintGranted(ladder, level, authored[level].text if authored else "")


def asked_hint(
    evidence: Evidence, policy: HintPolicy, now: datetime, level: int
) -> HintGranted | HintRefused:
    """The hint of `level`, as the model asks for it: granted only if it is the next one."""
    hint = next_hint(evidence, policy, now)
    if isinstance(hint, HintRefused) or hint.level == level:
        return hint
    if level < hint.level:
        return HintRefused(f"Level {level} was given already.", ASK_AGAIN, hint.level)
    return HintRefused(f"Level {hint.level} comes first.", ASK_AGAIN, hint.level)


def ladder_of(evidence: Evidence, policy: HintPolicy) -> str:
    """The ladder that counts now: the author's name of an error, or empty for that of the step."""
    error = _present_error(evidence)
    if not error:
        return ""
    known = dict.fromkeys(hint.error for hint in policy.hints if hint.error)
    raised = Raised(error, "")
    found = error if error in known else next((one for one in known if raised.is_a(one)), "")
    return found or (SYNTAX_ERROR if raised.is_a(SYNTAX_ERROR) else "")


def given_level(evidence: Evidence, ladder: str) -> int:
    """The highest level of a ladder that was given; 0 for none."""
    return max((one.level for one in evidence.hints if one.ladder == ladder), default=0)


# Whether -----------------------------------------------------------------------------------------


def _closed(evidence: Evidence) -> HintRefused | None:
    """Rule 5."""
    if evidence.open_prediction is not None:
        return HintRefused("A prediction is open: the student answers it first.", ANSWER_FIRST)
    if evidence.kind == "explain":
        return HintRefused("There is nothing to solve in this step.", NOTHING_TO_SOLVE)
    if evidence.is_done:
        return HintRefused("The step is passed.", PASSED)
    return None


def _present_error(evidence: Evidence) -> str:
    """Of the last run or check, if that was of the present program."""
    tried = evidence.tried
    is_present = bool(tried) and tried[-1].code_hash == evidence.code_hash
    return tried[-1].error if is_present else ""


def _highest(authored: dict[int, Hint], policy: HintPolicy) -> int:
    """Rule 2."""
    highest = max(authored, default=MAX_WRITTEN_LEVEL)
    return highest if policy.max_level is None else min(highest, policy.max_level)


def _missing(
    evidence: Evidence, policy: HintPolicy, hint: Hint, now: datetime
) -> HintRefused | None:
    """Rule 3: what must happen before this rung."""
    attempts = len(evidence.attempts)
    has_rule = bool(hint.after_attempts or hint.after_minutes or hint.error)
    needed = hint.after_attempts
    if not has_rule and hint.level == 1 and policy.support == "low":
        needed = LOW_SUPPORT_ATTEMPTS
    if needed > attempts:
        said = f"Not before {_count(needed, 'attempt')} that counted."
        return HintRefused(said, _attempt_first(evidence, needed - attempts))
    minutes = (now - evidence.begun_at).total_seconds() / 60
    if minutes < hint.after_minutes:
        left = math.ceil(hint.after_minutes - minutes)
        return HintRefused(
            f"Not before {_count(hint.after_minutes, 'minute')} in the step.",
            f"Try on your own for {_count(left, 'more minute')} first.",
        )
    needs_try = not has_rule and hint.level == 1 and policy.support not in ("high", "open")
    if needs_try and not _has_tried(evidence):
        is_program = evidence.kind == "code"
        missing = "No changed program was run or checked" if is_program else "No answer was given"
        return HintRefused(f"{missing} in this step yet.", _try_first(evidence))
    return None


def _has_tried(evidence: Evidence) -> bool:
    if evidence.kind != "code":
        return bool(evidence.attempts)
    hashes = {one.code_hash for one in evidence.tried}
    hashes |= {one.code_hash for one in evidence.predictions if one.was_tested}
    return bool(hashes - {evidence.starter_hash})


def _too_early(evidence: Evidence, now: datetime) -> HintRefused | None:
    """Rule 4."""
    if not evidence.hints:
        return None
    last = evidence.hints[-1]
    before = set(_outcomes(evidence, None, last.at))
    if before.issuperset(_outcomes(evidence, last.at, None)):
        return HintRefused("Nothing new was tried since the last hint.", _try_first(evidence))
    if (now - last.at).total_seconds() < MIN_APART_S:
        return HintRefused("The last hint was given a moment ago.", WAIT_FIRST)
    return None


def _outcomes(
    evidence: Evidence, after: datetime | None, until: datetime | None
) -> Iterable[tuple[object, ...]]:
    """What was seen of programs in that time, each as a value that equals itself seen again."""

    def is_then(at: datetime | None) -> bool:
        return at is not None and (after is None or at > after) and (until is None or at <= until)

    for one in evidence.tried:
        if is_then(one.at):
            yield one.code_hash, one.error
    for check in evidence.checks:
        if is_then(check.at):
            yield check.code_hash, check.passed, check.cases_passed
    for prediction in evidence.predictions:
        if prediction.was_tested and is_then(prediction.answered_at):
            yield prediction.code_hash, "call", prediction.call, prediction.gave


# Words -------------------------------------------------------------------------------------------


def _try_first(evidence: Evidence) -> str:
    return TRY_FIRST if evidence.kind == "code" else ATTEMPT_FIRST


def _attempt_first(evidence: Evidence, missing: int) -> str:
    if evidence.kind != "code":
        return ATTEMPT_FIRST
    if missing > 1:
        return f"Check your program first, {missing} times, changed in between."
    return "Check a changed program first." if evidence.checks else "Check your program first."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
