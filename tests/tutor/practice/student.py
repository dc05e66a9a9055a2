"""A student for the scripted tutor: a lesson, its programs, and the items of a dialogue."""

import json
from typing import Any

from tutor.emulator import Call, Output, Request, Say
from tutor.method import tools
from tutor.practice import socratic
from tutor.practice.lesson import DATA

STARTER = """\
def kilometres(days):
    total = 0
    for day in range(1, days):
        total = total + day
    return total
"""
SOLUTION = STARTER.replace("range(1, days)", "range(1, days + 1)")
# What must never be said: the line that the student is to find.
SECRETS = ("days + 1", "days+1", "range(1, days + 1)", "sum(range")
EXPLAIN_BACK = "Why does range need a number that is not itself in the list?"

# Facts: a check that failed, one that passed; the calls of the visible cases.
CHECK = {
    "attempt": 1, "passed": False, "visible": [1, 2], "hidden": [0, 3], "beliefs": ["end"],
    "failed": [{"call": "kilometres(3)", "got": "It gave `3`."}],
}  # fmt: skip
RIGHT = {"attempt": 2, "passed": True, "visible": [2, 2], "hidden": [3, 3]}
BOTH = ["kilometres(3)", "kilometres(0)"]

LESSON: dict[str, Any] = {
    "title": "Every day counts", "language": "python",
    "steps": [
        {"id": "read", "kind": "explain"},
        {"id": "guess", "kind": "predict",
         "beliefs": [{"id": "end", "belief": "range includes its end", "output": "1 2 3"}]},
        {"id": "choose", "kind": "quiz", "choices": ["It ends at 3", "It ends at 4"]},
        {"id": "typed", "kind": "code", "stdin": "3\n",
         "cases": [{"input": "3\n", "prints": "6\n"}, {"input": "1\n", "prints": "1\n"}]},
        {"id": "sum", "kind": "code", "rules": ["The program must use a `for` loop."],
         "cases": [{"call": "kilometres(3)", "gives": "6", "fails_for": ["end"]},
                   {"call": "kilometres(0)", "gives": "0"}],
         "beliefs": [{"id": "start", "belief": "range(n) begins at 1", "witness": "list(range(2))"},
                     {"id": "end", "belief": "range(1, n) ends with n",
                      "witness": "list(range(1, 4))"}],
         "explain_back": EXPLAIN_BACK},
    ],
}  # fmt: skip
INSTRUCTIONS = f"Ask.\n\n{DATA}\n{json.dumps({'lesson': LESSON})}\n"
TOOLS = tuple(tools.declarations("python"))

# A tool of another server's, which knows no calls.
TOOL: dict[str, Any] = {
    "type": "function",
    "name": "execute_code",
    "strict": True,
    "parameters": {"properties": {"code": {}, "stdin": {}}},
}


def facts(state: str = "trying", step: str = "sum", kind: str = "code", **more: Any) -> Any:
    told = {"step": step, "kind": kind, "state": state, **more}
    return {"type": "message", "role": "developer", "content": json.dumps({"facts": told})}


def said(text: str, program: str | None = None) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    if program is not None:
        editor = f"My editor now holds this program:\n```python\n{program}\n```"
        content.append({"type": "input_text", "text": editor})
    return {"type": "message", "role": "user", "content": content}


def spoke(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": text}


def called(name: str, call_id: str = "call_1", **arguments: Any) -> dict[str, Any]:
    fields = {"name": name, "arguments": json.dumps(arguments)}
    return {"type": "function_call", "call_id": call_id, **fields}


def output(report: dict[str, Any] | str, call_id: str = "call_1") -> dict[str, Any]:
    text = report if isinstance(report, str) else json.dumps(report)
    return {"type": "function_call_output", "call_id": call_id, "output": text}


def ask(*items: dict[str, Any], instructions: str = INSTRUCTIONS, **fields: Any) -> list[Output]:
    """What the tutor answers to a conversation."""
    request = Request("m", items, instructions, **{"tools": TOOLS, **fields})
    outputs = list(socratic.answer(request))
    assert outputs == list(socratic.answer(request)), "the same request, the same answer"
    return outputs


def text(outputs: list[Output]) -> str:
    return " ".join(one.text for one in outputs if isinstance(one, Say))


def calls(outputs: list[Output]) -> list[tuple[str, dict[str, Any]]]:
    made = (one for one in outputs if isinstance(one, Call))
    return [(call.name, json.loads(call.arguments)) for call in made]


def is_socratic(words: str) -> bool:
    count = len(words.split())
    assert 25 <= count <= 110, f"{count} words: {words}"
    assert "?" in words, words
    assert words.count("```") % 2 == 0, words
    assert not any(secret in words for secret in SECRETS), words
    return True
