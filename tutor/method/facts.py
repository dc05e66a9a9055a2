"""The facts of a step as the model is told them: JSON in an item of the developer's role. Pure.

They come before the student's message, anew in each turn. Nothing a student writes can be taken for
them: it stands in other items, and within these as JSON strings. An absent key is nothing to tell.

    {"facts": {
        "step": "search", "kind": "code", "state": "stuck", "attempts": 2, "minutes": 9,
        "check": {"attempt": 2, "passed": false, "visible": [1, 3], "hidden": [0, 4],
                  "failed": [{"call": "find(5)", "input": "…", "got": "gives None"}],
                  "rules": ["…"], "beliefs": ["equal-goes-right"],
                  "wrong_from_line": 3, "chose": [1]},
        "run": {"status": "error", "error": "NameError: name 'x' is not defined"},
        "prediction": {"call": "find(5)", "question": "…", "state": "wrong",
                       "said": "2", "gave": "None", "program_changed": true},
        "hints": {"given": 1, "may": 2, "because": "…", "asked": {"level": 1, "write": true}}}}

`[1, 3]` is 1 of 3 cases passed. `prediction.state` is "open" or a verdict of `evidence.Verdict`;
the prediction is the open one, else the last. `hints.may` is the level that may be given now, with
`because` where there is none; `hints.asked` the one that the student has just asked for, to be
written by the model.
"""

from dataclasses import dataclass
from typing import Any, Final

from tutor.protocol.events import Payload

# Of texts of programs and students in them.
MAX_TEXT_CHARS: Final = 200
MAX_FAILED_CASES: Final = 4


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


def facts_item(facts: Facts) -> Payload:
    """The facts as an item: {"type": "message", "role": "developer", "content": [...]}."""
    raise NotImplementedError


def is_facts(payload: Payload) -> bool:
    """Whether an item is one of these: told to the model, never shown."""
    return payload.get("type") == "message" and payload.get("role") == "developer"
