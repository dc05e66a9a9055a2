"""A conversation as the scripted tutor sees it: a fold of a request's items. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tutor.emulator.model import Item
from tutor.practice import message
from tutor.practice.facts import Facts, content, read_all
from tutor.practice.intents import Intent, intent_of

# Parts of the facts that the tutor speaks of once.
NEWS: Final = ("check", "run", "prediction")


@dataclass(frozen=True)
class Called:
    """A call of a tool; `output` is None while there is none, `program` and `step` as of then."""

    name: str
    arguments: dict[str, Any]
    output: str | None
    program: str | None
    step: str

    @property
    def report(self) -> dict[str, Any]:
        """The output as the JSON object that it is; empty if it is none."""
        try:
            found = json.loads(self.output or "")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def status(self) -> str:
        status = self.report.get("status")
        return status if isinstance(status, str) else ""


@dataclass(frozen=True)
class Dialogue:
    """`said` is what the student said last, `program` what is in the editor, None if unknown.

    `added` is what the student said while the latest call was open.
    """

    facts: Facts | None = None
    said: str = ""
    added: str = ""
    program: str | None = None
    # All calls, oldest first, and those since the student spoke.
    called: tuple[Called, ...] = ()
    turn: tuple[Called, ...] = ()
    # The tutor's own words, oldest first, and those of them in this step.
    texts: tuple[str, ...] = ()
    in_step: tuple[str, ...] = ()
    # Whether the last thing that happened was the output of a call.
    after_output: bool = False
    # Parts of the facts that have changed since the tutor last spoke.
    news: frozenset[str] = frozenset()
    # How many messages in a row said nothing but that the student does not know.
    unsure: int = 0
    # The program has changed since the last check became known.
    changed_since_check: bool = False

    def was_said(self, *texts: str) -> bool:
        """Whether the tutor has said one of these texts in this step."""
        return any(text.strip() in earlier for earlier in self.in_step for text in texts)


def read(items: Sequence[Item]) -> Dialogue:
    fold = _Fold()
    told = read_all(items)
    for place, item in enumerate(items):
        if place in told:
            fold.is_told(told[place])
        else:
            fold.take(item)
    return fold.dialogue()


class _Fold:
    def __init__(self) -> None:
        self.facts: Facts | None = None
        self.messages: list[str] = []
        self.added = ""
        self.program: str | None = None
        self.calls: dict[str, Called] = {}
        # Call ids of the present turn.
        self.turn: list[str] = []
        # The tutor's own words, each with its step.
        self.texts: list[tuple[str, str]] = []
        # The kind of the last item that is no facts: "user", "assistant", "call" or "output".
        self.last = ""
        self.news: set[str] = set()
        self.unsure = 0
        self.changed_since_check = False

    @property
    def step(self) -> str:
        return self.facts.step if self.facts else ""

    def is_told(self, facts: Facts) -> None:
        before, self.facts = self.facts, facts
        for part in NEWS:
            now = _part(facts, part)
            if now is not None and (before is None or now != _part(before, part)):
                self.news.add(part)
                if part == "check":
                    self.changed_since_check = False

    def take(self, item: Item) -> None:
        match item["type"]:
            case "message" if item["role"] == "user":
                self._student_said(message.read(item))
            case "message" if item["role"] == "assistant":
                self.texts.append((self.step, content(item)))
                self.news.clear()
                self.last = "assistant"
            case "function_call":
                arguments = _arguments(item["arguments"])
                call = Called(item["name"], arguments, None, self.program, self.step)
                self.calls[item["call_id"]] = call
                self.turn.append(item["call_id"])
                self.added, self.last = "", "call"
            case "function_call_output":
                if call_id := item["call_id"] if item["call_id"] in self.calls else "":
                    self.calls[call_id] = replace(self.calls[call_id], output=_text(item["output"]))
                self.last = "output"

    def _student_said(self, said: message.Message) -> None:
        is_open = any(self.calls[call_id].output is None for call_id in self.turn)
        # Messages without an answer in between are one.
        joins = self.last == "user" and self.messages
        words = f"{self.messages.pop()} {said.words}" if joins else said.words
        self.messages.append(words)
        if is_open:
            self.added = words
        else:
            self.turn, self.added = [], ""
            is_unsure = intent_of(words) is Intent.UNSURE
            self.unsure = self.unsure + (not joins) if is_unsure else 0
        if said.program is not None and said.program != self.program:
            self.changed_since_check = self.program is not None
            self.program = said.program
        self.last = "user"

    def dialogue(self) -> Dialogue:
        return Dialogue(
            facts=self.facts,
            said=self.messages[-1] if self.messages else "",
            added=self.added,
            program=self.program,
            called=tuple(self.calls.values()),
            turn=tuple(self.calls[call_id] for call_id in self.turn),
            texts=tuple(text for _, text in self.texts),
            in_step=tuple(text for step, text in self.texts if step == self.step),
            after_output=self.last == "output",
            news=frozenset(self.news),
            unsure=self.unsure,
            changed_since_check=self.changed_since_check,
        )


def _part(facts: Facts, name: str) -> Any:
    """A part of the facts, with its step; None where there is none, or nothing to say of it yet."""
    found = getattr(facts, name)
    if name == "prediction" and found is not None:
        if found.state == "open":
            return None
        found = replace(found, program_changed=False)
    return None if found is None else (facts.step, found)


def _arguments(arguments: str) -> dict[str, Any]:
    try:
        found = json.loads(arguments)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(output: str | list[Item]) -> str:
    if isinstance(output, str):
        return output
    return "\n".join(part.get("text", "") for part in output)
