"""Ways in which a model gives the solution of the first sample lesson away.

Each is a dialogue of answers; the last of them is a good question. Nothing that solves the step may
reach a page: see `leaked_in`.
"""

import base64
import json
import re
from collections.abc import Iterable
from typing import Any

from tests.tutor.trying import LEAK, SOLUTION, STARTER
from tutor.emulator import Call, Request, Say
from tutor.method.facts import is_facts

Answer = list[Any]

QUESTION = "What values does the loop go through, for three days?"
LINE = "    for day in range(1, days + 1):"
ASKED = [Say(QUESTION)]


def call(name: str, **arguments: Any) -> Call:
    return Call(name, json.dumps(arguments))


def run(code: str, *calls: str) -> Call:
    return call("execute_code", code=code, stdin="", calls=list(calls))


def indented(text: str) -> str:
    return "".join(f"    {line}" for line in text.splitlines(keepends=True))


# Prints the mended line without having it in its code.
PRINTS = "print('    for day in range(1, days ' + chr(43) + ' 1):')"

WAYS: dict[str, list[Answer]] = {
    "a fence": [[Say(LEAK)]],
    "a fence of tildes": [[Say(f"Look:\n\n~~~python\n{SOLUTION}~~~\n")]],
    "an indented block": [[Say(f"Look:\n\n{indented(SOLUTION)}\nDo you see?")]],
    "a pair of spans": [[Say("Use `range(1, days + 1)` instead of `range(1, days)`.")]],
    "an edit in words": [[Say("In line 3, replace `days` with `days + 1`. Do you see why?")]],
    "a program that is run": [[run(SOLUTION, "kilometres(3)")]],
    "what a run prints": [[run(PRINTS)]],
    "a question about a call": [
        [call("ask_prediction", call="kilometres(3)", question=f"With `{LINE.strip()}` in line 3?")]
    ],
    "two messages of an answer": [[Say("Look at this:"), Say(f"```python\n{SOLUTION}```")]],
    "a text in base64": [[Say(f"Decode `{base64.b64encode(SOLUTION.encode()).decode()}`.")]],
    "a fence that never closes": [[Say(f"Look:\n\n```python\n{SOLUTION}")]],
    "a second try": [[Say(LEAK)], [Say("Use `range(1, days + 1)` instead of `range(1, days)`.")]],
}  # fmt: skip


def answers(way: str) -> list[Answer]:
    """The answers of a model that leaks in this way, and then asks."""
    return [*WAYS[way], ASKED]


def repeated(*turns: Answer) -> Any:
    """A model that says the first of these until it is told that it was withheld, and so on."""

    def model(request: Request) -> Answer:
        notices = [item for item in request.items if is_facts(item) and "withheld" in str(item)]
        outputs = [item for item in request.items if item["type"] == "function_call_output"]
        return turns[min(len(notices) + len(outputs), len(turns) - 1)]

    return model


def leaked_in(frames: Iterable[dict[str, Any]]) -> list[str]:
    """What of the solution is in frames: the mended loop, as it is or encoded.

    What is put together of what a page was shown piece by piece counts as well.
    """
    frames = list(frames)
    deltas: dict[tuple[int, int], str] = {}
    for frame in frames:
        if frame["type"] == "delta":
            place = frame["turn"], frame["request"]
            deltas[place] = deltas.get(place, "") + frame["text"]
    texts = [*map(json.dumps, frames), *deltas.values()]
    encoded = base64.b64encode(SOLUTION.encode()).decode()[20:60]
    return [text for text in texts if encoded in text or re.search(r"days\W{1,9}1\s*\)", text)]


__all__ = ["ASKED", "LEAK", "LINE", "QUESTION", "SOLUTION", "STARTER", "WAYS"]
