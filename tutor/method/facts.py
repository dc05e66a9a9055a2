"""The facts of a step as the model is told them: JSON in an item of the developer's role. Pure.

They come before the student's message, anew in each turn. Nothing a student writes can be taken for
them: it stands in other items, and within these as JSON strings. An absent key is nothing to tell.

    {"facts": {
        "step": "search", "kind": "code", "state": "stuck", "attempts": 2, "minutes": 9,
        "check": {"attempt": 2, "passed": false, "visible": [1, 3], "hidden": [0, 4],
                  "failed": [{"call": "find(5)", "input": "…", "got": "gives None"}],
                  "rules": ["…"], "beliefs": ["equal-goes-right"],
                  "wrong_from_line": 3, "chose": [1], "message": "…"},
        "run": {"status": "error", "error": "NameError: name 'x' is not defined"},
        "prediction": {"call": "find(5)", "question": "…", "state": "wrong",
                       "said": "2", "gave": "None", "program_changed": true},
        "hints": {"given": 1, "ladder": "", "may": 2, "because": "…",
                  "asked": {"level": 1, "write": true}}},
     "hint": {"level": 1, "ladder": "", "text": "…", "asked_by": "student"},
     "withheld": {"times": 1, "because": "it would solve the step", "line": 4, "failed": "find(5)"}}

`[1, 3]` is 1 of 3 cases passed, `[1]` the first choice; `attempt` is absent where a check did not
count, and `message` says why it was not judged. `prediction.state` is "open", "comparing" or a
verdict of `evidence.Verdict`; the prediction is the open one, else the last. `hints.given` is the
highest level given on the ladder that counts now, which is for an error where it has a name;
`hints.may` is the level that may be given now, with `because` where there is none; `hints.asked`
the one that the student has just asked for, to be written by the model. `hint` stands beside the
facts where the student was given one of the author's without the model, asked by "student" or
"server". `withheld` stands beside them behind an answer that the student was not shown, `times` in
this turn; it asks for another one, about a `line` of the student's program or a case that `failed`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from courses.text import cut
from tutor.method.attempt_facts import CaseFacts, FeedbackFacts
from tutor.method.evidence import Evidence
from tutor.method.hints import HintGranted, HintPolicy, given_level, ladder_of, next_hint
from tutor.method.tools import json_text, parsed
from tutor.method.withheld import Place
from tutor.protocol.calls import Payload, texts_of

# Of texts of programs and students in them.
MAX_TEXT_CHARS: Final = 200
MAX_FAILED_CASES: Final = 4
# Of rules, beliefs and choices.
MAX_LISTED: Final = 20
# Why an answer was withheld.
SOLVES: Final = "it would solve the step"

# The marks around facts where a server knows no developer (see `facts_role`), as JSON escapes them.
_MARKS: Final = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "⟦⟧"})


@dataclass(frozen=True)
class Facts:
    """What the model is told of a step, each part as in the JSON; empty parts are left out."""

    step: str
    kind: str
    state: str
    attempts: int = 0
    minutes: int = 0
    check: dict[str, Any] | None = None
    run: dict[str, Any] | None = None
    prediction: dict[str, Any] | None = None
    hints: dict[str, Any] | None = None


# As items ----------------------------------------------------------------------------------------


def facts_item(facts: Facts) -> Payload:
    """The facts as an item: {"type": "message", "role": "developer", "content": [...]}."""
    return _item({"facts": _told(vars(facts))})


def hint_item(
    facts: Facts, hint: HintGranted, asked_by: Literal["student", "server"] = "student"
) -> Payload:
    """The facts with the author's hint that the student was given without the model."""
    given = {"level": hint.level, "ladder": hint.ladder, "text": hint.text, "asked_by": asked_by}
    return _item({"facts": _told(vars(facts)), "hint": _told(given)})


def withheld_item(facts: Facts, times: int, place: Place) -> Payload:
    """The facts after an answer that was withheld, with what may be asked about instead."""
    failed = "" if place.line else _text(place.failed)
    told = {"times": times, "because": SOLVES, "line": place.line, "failed": failed}
    return _item({"facts": _told(vars(facts)), "withheld": _told(told)})


def is_facts(payload: Payload) -> bool:
    """Whether an item is one of these: told to the model, never shown."""
    return payload.get("type") == "message" and payload.get("role") == "developer"


def is_withheld_notice(payload: Payload) -> bool:
    """Whether an item tells the model that its answer was withheld, and asks for another."""
    texts = texts_of(payload) if is_facts(payload) else []
    return any("withheld" in parsed(text) for text in texts)


def _item(told: dict[str, Any]) -> Payload:
    content = [{"type": "input_text", "text": json_text(told).translate(_MARKS)}]
    return {"type": "message", "role": "developer", "content": content}


# Their parts -------------------------------------------------------------------------------------


def check_facts(
    number: int, passed: bool, feedback: FeedbackFacts, beliefs: Sequence[str] = ()
) -> dict[str, Any]:
    """Attempt `number`, 0 if it did not count; `beliefs` are those that its failed cases catch."""
    failed = [case for case in feedback.cases if not case.passed]
    return _told(
        {
            "attempt": number,
            "passed": passed,
            "visible": _passed(sum(case.passed for case in feedback.cases), len(feedback.cases)),
            "hidden": _passed(feedback.hidden_passed, feedback.hidden),
            "failed": [_case(case) for case in failed[:MAX_FAILED_CASES]],
            "rules": [_text(rule) for rule in feedback.rules[:MAX_LISTED]],
            "beliefs": list(beliefs[:MAX_LISTED]),
            "wrong_from_line": feedback.differs.line if feedback.differs else 0,
            "chose": [place + 1 for place in feedback.choices[:MAX_LISTED]],
            "message": _text(feedback.message),
        }
    )


def run_facts(status: str, stderr: str) -> dict[str, Any]:
    """A run of the student's own: its status, and the last line of its error output."""
    last = stderr.rstrip().rpartition("\n")[2].strip()
    return _told({"status": status, "error": _text(last)})


def prediction_facts(evidence: Evidence) -> dict[str, Any] | None:
    """The open prediction, else the last one; None if there was none."""
    if not evidence.predictions:
        return None
    one = evidence.open_prediction or evidence.predictions[-1]
    is_open = one.answered_at is None
    return _told(
        {
            "call": _text(one.call),
            "question": _text(one.question),
            "state": "open" if is_open else one.verdict or "comparing",
            "said": _text(one.answer or ""),
            "gave": _text(one.gave),
            "program_changed": one.code_hash != evidence.code_hash,
        }
    )


def hint_facts(
    evidence: Evidence, policy: HintPolicy, now: datetime, asked: HintGranted | None = None
) -> dict[str, Any] | None:
    """What was given, and what may be; None where there is nothing to solve.

    `asked` is the hint that the student has been granted and the model is to write.
    """
    if evidence.kind == "explain":
        return None
    ladder = ladder_of(evidence, policy)
    told = {"given": given_level(evidence, ladder), "ladder": ladder}
    if asked is not None:
        return _told(told | {"asked": {"level": asked.level, "write": True}})
    hint = next_hint(evidence, policy, now)
    if isinstance(hint, HintGranted):
        return _told(told | {"may": hint.level})
    return _told(told | {"because": hint.for_model})


def _told(parts: dict[str, Any]) -> dict[str, Any]:
    """Without what there is nothing to tell of; that a check has failed is something."""
    return {
        name: value
        for name, value in parts.items()
        if value or (name == "passed" and value is False)
    }


def _passed(passed: int, all_: int) -> list[int]:
    return [passed, all_] if all_ else []


def _case(case: CaseFacts) -> dict[str, Any]:
    return _told({"call": _text(case.call), "input": _text(case.stdin), "got": _text(case.got)})


def _text(text: str) -> str:
    return cut(text, MAX_TEXT_CHARS)
