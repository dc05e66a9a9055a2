"""A student for the scripted tutor: a lesson, its programs, and a dialogue about them."""

import json
import subprocess
import sys
from typing import Any

from tutor.emulator import Call, Output, Request, Say
from tutor.practice import socratic

INSTRUCTIONS = """\
# You are a Socratic programming tutor

Ask, don't tell.

# Course: First steps
Be brief.

# Lesson: Every day counts

## Step kilometres (code)
The function `kilometres(days)` adds up. For three days that is 6.

### Cases
- `kilometres(3)` gives `6`
- `kilometres(0)` gives `0`

### False beliefs
- **range-includes-end**: "range(1, n) ends with n"; shown wrong by `list(range(1, 4))`

### Hints
1. Walk through the loop on paper. Which values does `day` have?
2. How does the last number of the range relate to its second argument?
3. One day is missing at the end.
"""

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

TOOL: dict[str, Any] = {
    "type": "function",
    "name": "execute_code",
    "strict": True,
    "parameters": {"properties": {"code": {}, "stdin": {}}},
}


def said(text: str, program: str | None = None) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    if program is not None:
        editor = f"My editor now holds this program:\n```python\n{program}\n```"
        content.append({"type": "input_text", "text": editor})
    return {"type": "message", "role": "user", "content": content}


class Student:
    """A dialogue with the scripted tutor; runs are played by `run` below, or made up."""

    def __init__(self, instructions: str = INSTRUCTIONS, *, tools: bool = True) -> None:
        self.instructions = instructions
        self.tools = (TOOL,) if tools else ()
        self.items: list[dict[str, Any]] = []

    def ask(self) -> list[Output]:
        request = Request("m", tuple(self.items), self.instructions, self.tools)
        outputs = list(socratic.answer(request))
        assert outputs == list(socratic.answer(request)), "the same request, the same answer"
        return outputs

    def say(self, text: str, program: str | None = None) -> list[Output]:
        self.items.append(said(text, program))
        return self.ask()

    def report(self, outputs: list[Output], report: dict[str, Any] | str) -> str:
        """Answer the call in `outputs` with this report; the tutor's words about it."""
        call = outputs[-1]
        assert isinstance(call, Call)
        number = len(self.items)
        output = report if isinstance(report, str) else json.dumps(report)
        self.items += [
            {
                "type": "function_call",
                "call_id": f"call_{number}",
                "name": call.name,
                "arguments": call.arguments,
            },
            {"type": "function_call_output", "call_id": f"call_{number}", "output": output},
        ]
        (answer,) = self.ask()
        assert isinstance(answer, Say)
        self.items.append({"type": "message", "role": "assistant", "content": answer.text})
        return answer.text

    def try_out(self, program: str, text: str = "Is this right?") -> str:
        """Ask about a program that is really run."""
        outputs = self.say(text, program)
        call = outputs[-1]
        assert isinstance(call, Call), outputs
        return self.report(outputs, run(json.loads(call.arguments)["code"]))

    def hear(self, text: str, program: str | None = None) -> str:
        """What the tutor says to a message that needs no run."""
        (answer,) = self.say(text, program)
        assert isinstance(answer, Say)
        return answer.text


def run(program: str) -> dict[str, Any]:
    """What the sandbox reports of one of the programs in this file, all known to be harmless."""
    done = subprocess.run(
        [sys.executable, "-I", "-"], input=program, capture_output=True, text=True, timeout=10
    )
    return {
        "status": "error" if done.returncode else "ok",
        "exit_code": done.returncode,
        "stdout": done.stdout,
        "stderr": done.stderr,
        "duration_ms": 1,
        "message": "",
    }


def is_socratic(text: str) -> bool:
    words = len(text.split())
    assert 30 <= words <= 110, f"{words} words: {text}"
    assert "?" in text, text
    assert text.count("```") % 2 == 0, text
    assert not any(secret in text for secret in SECRETS), text
    return True
