"""Answers from a file: a JSON list, each entry what the model answers to one request in turn.

An answer is a text, or a list of `{"say": TEXT}`, `{"think": TEXT}` and
`{"call": NAME, "arguments": {…}}`. `say` may have a `phase`, `call` a `call_id`.
"""

import json
from pathlib import Path
from typing import Any, Final

from tutor.emulator.model import Call, Model, Output, Say, Think, script

PHASES: Final = {"commentary", "final_answer"}
FIELDS: Final = {
    "say": {"say", "phase"},
    "think": {"think"},
    "call": {"call", "arguments", "call_id"},
}


class ScriptError(ValueError):
    """A file that is no script. Its text is for whoever wrote the file."""


def read(path: Path) -> Model:
    """The model a file describes. Raises ScriptError and OSError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ScriptError(f"The script {path} is not JSON: {error}.") from None
    if not isinstance(document, list):
        raise ScriptError(f"The script {path} is not a list of answers.")
    answers = []
    for number, answer in enumerate(document, 1):
        try:
            answers.append(parse(answer))
        except ScriptError as error:
            raise ScriptError(f"The script {path}, answer {number}: {error}") from None
    return script(*answers)


def parse(answer: Any) -> list[Output]:
    if isinstance(answer, str):
        return [Say(answer)]
    if not isinstance(answer, list):
        raise ScriptError("it is neither a text nor a list.")
    return [_output(entry) for entry in answer]


def _output(entry: Any) -> Output:
    kinds = [kind for kind in FIELDS if isinstance(entry, dict) and kind in entry]
    if len(kinds) != 1:
        raise ScriptError("each part has one of 'say', 'think' and 'call'.")
    (kind,) = kinds
    unknown = sorted(set(entry) - FIELDS[kind])
    if unknown:
        raise ScriptError(f"{kind!r} has no {unknown[0]!r}.")
    if not isinstance(entry[kind], str):
        raise ScriptError(f"{kind!r} is not a text.")
    if kind == "think":
        return Think(entry["think"])
    return _say(entry) if kind == "say" else _call(entry)


def _say(entry: dict[str, Any]) -> Say:
    phase = entry.get("phase", "final_answer")
    if phase not in PHASES:
        raise ScriptError(f"'phase' is one of {', '.join(sorted(PHASES))}.")
    return Say(entry["say"], phase)


def _call(entry: dict[str, Any]) -> Call:
    arguments, call_id = entry.get("arguments", {}), entry.get("call_id", "")
    if not isinstance(call_id, str):
        raise ScriptError("'call_id' is not a text.")
    # A text goes out as it is, so that arguments can be broken on purpose.
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return Call(entry["call"], text, call_id)
