"""A conversation as the scripted tutor sees it, read from a request's items. Pure."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tutor.emulator.model import Item
from tutor.practice.probe import students_part

EDITOR: Final = re.compile(
    r"\AMy editor now holds this program:\n`{3,}\w+\n(.*?)\n`{3,}(?:\nand beside it `.*)?\s*\Z",
    re.DOTALL,
)
NO_PROGRAM: Final = "There is no program in this step."
# Where the student is in the lesson.
SITUATION: Final = re.compile(r"\AStep: ([a-z0-9-]+)\nAttempts: \d+\n")
# How other clients bring a program along.
FENCED: Final = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)\n?```", re.DOTALL)


@dataclass(frozen=True)
class Attempt:
    """A program of the student's that was run, and the tool's output; None while it runs."""

    code: str
    output: str | None


@dataclass(frozen=True)
class Dialogue:
    """`said` is what the student said last, `code` the program in the editor, None if unknown.

    `added` is what the student said while the latest run was under way, `step` where in the lesson
    the student is; empty if unknown.
    """

    said: str
    added: str
    code: str | None
    attempts: tuple[Attempt, ...]
    # Whether the last thing that happened was a run, not something the student said.
    after_run: bool
    step: str = ""

    @property
    def known(self) -> Attempt | None:
        """The latest run of the program as it is now."""
        runs = [a for a in self.attempts if a.output is not None and a.code == self.code]
        return runs[-1] if runs else None


def read(items: Sequence[Item]) -> Dialogue:
    said, added, code, step = "", "", None, ""
    speaks = False
    calls: dict[str, str] = {}
    outputs: dict[str, str] = {}
    for item in items:
        spoke, speaks = speaks, item["type"] == "message" and item["role"] == "user"
        if speaks:
            words, program, place = _student(item)
            step = place or step
            # Messages without an answer in between are one.
            said = f"{said} {words}" if spoke else words
            added = said if len(calls) > len(outputs) else ""
            code = code if program is None else program
        elif item["type"] == "function_call":
            calls[item["call_id"]] = _code(item["arguments"])
            added = ""
        elif item["type"] == "function_call_output":
            outputs[item["call_id"]] = _text(item["output"])
    attempts = tuple(Attempt(ran, outputs.get(call_id)) for call_id, ran in calls.items())
    last = items[-1]["type"] if items else ""
    return Dialogue(said, added, code, attempts, last == "function_call_output", step)


def _student(item: Item) -> tuple[str, str | None, str]:
    """The words, the program if there is one, and the step."""
    content = item["content"]
    texts = [content] if isinstance(content, str) else [p.get("text", "") for p in content]
    words, program, step = [], None, ""
    for text in texts:
        if situation := SITUATION.match(text):
            step = situation[1]
            continue
        if text == NO_PROGRAM:
            program = ""
            continue
        if editor := EDITOR.match(text):
            program = editor[1]
            continue
        fenced = FENCED.findall(text)
        if fenced and program is None:
            program = fenced[-1]
        words.append(FENCED.sub("", text))
    return " ".join(words).strip(), program, step


def _code(arguments: str) -> str:
    try:
        code = json.loads(arguments)["code"]
    except (ValueError, KeyError, TypeError):
        return ""
    return students_part(code) if isinstance(code, str) else ""


def _text(output: str | list[Item]) -> str:
    if isinstance(output, str):
        return output
    return "\n".join(part.get("text", "") for part in output)
