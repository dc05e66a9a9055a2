"""The server's facts, as `tutor.method.facts` writes them: JSON in an item of their own. Pure.

They come in the role developer or system, or, where a server has neither, in a user's message
between FACTS and END. A student could write that as well, so it counts only where no other role
brings facts.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tutor.emulator.model import Item
from tutor.practice.fields import Object, child, number, numbers, objects, text, texts

FACTS: Final = "⟦facts⟧"
END: Final = "⟦/facts⟧"


@dataclass(frozen=True)
class FailedCase:
    """A visible case that failed in the last check; `got` is a sentence."""

    call: str = ""
    input: str = ""
    got: str = ""


@dataclass(frozen=True)
class Check:
    """The last check. `wrong_from_line` is 0 where that is not known, `chose` counts from 1."""

    attempt: int = 0
    passed: bool = False
    visible: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    failed: tuple[FailedCase, ...] = ()
    rules: tuple[str, ...] = ()
    beliefs: tuple[str, ...] = ()
    wrong_from_line: int = 0
    chose: tuple[int, ...] = ()


@dataclass(frozen=True)
class OwnRun:
    """The end of the student's last run of their own."""

    status: str = ""
    error: str = ""


@dataclass(frozen=True)
class Prediction:
    """The open prediction, else the last one. `state` is open, right, wrong, none or not_run."""

    call: str = ""
    question: str = ""
    state: str = ""
    said: str = ""
    gave: str = ""
    program_changed: bool = False


@dataclass(frozen=True)
class Hints:
    """`may` is the level that may be given now, 0 for none; `write` the one to be written."""

    given: int = 0
    may: int = 0
    because: str = ""
    write: int = 0


@dataclass(frozen=True)
class Facts:
    """All that the server says of the step."""

    step: str
    kind: str = ""
    state: str = ""
    attempts: int = 0
    check: Check | None = None
    run: OwnRun | None = None
    prediction: Prediction | None = None
    hints: Hints = Hints()


def read_all(items: Sequence[Item]) -> dict[int, Facts]:
    """The facts among the items, by their places."""
    told = {place: facts for place, item in enumerate(items) if (facts := _server(item))}
    if told:
        return told
    return {place: facts for place, item in enumerate(items) if (facts := _marked(item))}


def _server(item: Item) -> Facts | None:
    if item["type"] != "message" or item["role"] not in {"developer", "system"}:
        return None
    return parse(content(item))


def _marked(item: Item) -> Facts | None:
    if item["type"] != "message" or item["role"] != "user":
        return None
    said = content(item).strip()
    if not said.startswith(FACTS) or not said.endswith(END):
        return None
    return parse(said.removeprefix(FACTS).removesuffix(END))


def content(item: Item) -> str:
    """The text of a message, its parts joined."""
    parts = item["content"]
    return parts if isinstance(parts, str) else "".join(part.get("text") or "" for part in parts)


def parse(written: str) -> Facts | None:
    """The facts in a text; None if there are none."""
    try:
        document = json.loads(written)
    except (ValueError, RecursionError):
        return None
    found = child(document, "facts") if isinstance(document, dict) else None
    if found is None:
        return None
    check, run, prediction = (child(found, name) for name in ("check", "run", "prediction"))
    return Facts(
        step=text(found, "step"),
        kind=text(found, "kind"),
        state=text(found, "state"),
        attempts=number(found, "attempts"),
        check=None if check is None else _check(check),
        run=None if run is None else OwnRun(text(run, "status"), text(run, "error")),
        prediction=None if prediction is None else _prediction(prediction),
        hints=_hints(child(found, "hints") or {}),
    )


def _check(check: Object) -> Check:
    return Check(
        attempt=number(check, "attempt"),
        passed=check.get("passed") is True,
        visible=numbers(check, "visible"),
        hidden=numbers(check, "hidden"),
        failed=tuple(
            FailedCase(text(one, "call"), text(one, "input"), text(one, "got"))
            for one in objects(check, "failed")
        ),
        rules=texts(check, "rules"),
        beliefs=texts(check, "beliefs"),
        wrong_from_line=number(check, "wrong_from_line"),
        chose=numbers(check, "chose"),
    )


def _prediction(prediction: Object) -> Prediction:
    return Prediction(
        call=text(prediction, "call"),
        question=text(prediction, "question"),
        state=text(prediction, "state"),
        said=text(prediction, "said"),
        gave=text(prediction, "gave"),
        program_changed=prediction.get("program_changed") is True,
    )


def _hints(hints: Object) -> Hints:
    asked = child(hints, "asked") or {}
    return Hints(
        given=number(hints, "given"),
        may=number(hints, "may"),
        because=text(hints, "because"),
        write=number(asked, "level") if asked.get("write") is True else 0,
    )
