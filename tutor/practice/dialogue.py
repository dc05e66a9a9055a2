"""A conversation as the scripted tutor sees it, read from a request's items. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tutor.emulator.model import Item
from tutor.practice import message
from tutor.practice.probe import student_code


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
            latest = message.read(item)
            step = latest.step or step
            # Messages without an answer in between are one.
            said = f"{said} {latest.words}" if spoke else latest.words
            added = said if len(calls) > len(outputs) else ""
            code = code if latest.program is None else latest.program
        elif item["type"] == "function_call":
            calls[item["call_id"]] = _code(item["arguments"])
            added = ""
        elif item["type"] == "function_call_output":
            outputs[item["call_id"]] = _text(item["output"])
    attempts = tuple(Attempt(ran, outputs.get(call_id)) for call_id, ran in calls.items())
    last = items[-1]["type"] if items else ""
    return Dialogue(said, added, code, attempts, last == "function_call_output", step)


def _code(arguments: str) -> str:
    try:
        code = json.loads(arguments)["code"]
    except (ValueError, KeyError, TypeError):
        return ""
    return student_code(code) if isinstance(code, str) else ""


def _text(output: str | list[Item]) -> str:
    if isinstance(output, str):
        return output
    return "\n".join(part.get("text", "") for part in output)
