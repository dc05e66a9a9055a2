"""One test case in a fork of its own, and the report of its end. Expectations never come here."""

import contextlib
import json
import sys
import types
from typing import Any

from . import values
from .hints import hint
from .program import (
    BASE_EXCEPTION,
    LEAVE,
    SYSTEM_EXIT,
    Compiled,
    ProgramEnd,
    exit_code,
    flush,
    leave,
    run_program,
    show,
)  # fmt: skip

MOST_MESSAGE_CHARACTERS = 1000
# The name of a program whose functions are called: not __main__, as if it were imported.
MODULE_NAME = "main"
EVAL, DUMPS = eval, json.dumps


def run_case(program: Compiled, expression: str | None, report: int) -> None:
    """Run the program, or evaluate `expression` beside it; write to `report` what its exit code
    does not tell, and end with that. Does not return."""
    if expression is None:
        ended = run_program(program)
        send(report, outcome(ended))
        leave(ended.code)
    ended, value = call(program, expression)
    ending = outcome(ended)
    if ended.error is None and ended.code is None:
        ending = {"ended": "value", "value": values.serialize(value)}
    flush()
    send(report, ending)
    LEAVE(ended.code or 0)


def call(program: Compiled, expression: str) -> tuple[ProgramEnd, object]:
    """The expression's value beside the program; its code is None if there is one."""
    module = types.ModuleType(MODULE_NAME)
    names = module.__dict__
    sys.modules[MODULE_NAME] = module
    if isinstance(program, ProgramEnd):
        return program, None
    try:
        exec(program, names)
        return ProgramEnd(None), EVAL(compile(expression.strip(), "<call>", "eval"), names)
    except SYSTEM_EXIT as end:
        return ProgramEnd(exit_code(end)), None
    except BASE_EXCEPTION as error:
        hint(error)
        return ProgramEnd(show(error), error), None


def outcome(ended: ProgramEnd) -> dict[str, Any]:
    """An end that is no value: by exception or by itself."""
    if ended.error is None:
        return {"ended": "exited"}
    name, message = "Exception", ""
    with contextlib.suppress(BASE_EXCEPTION):
        name = str(values.TYPE(ended.error).__name__)[:MOST_MESSAGE_CHARACTERS]
        message = str(ended.error)[:MOST_MESSAGE_CHARACTERS]
    return {"ended": "raised", "exception": {"type": name, "message": message}}


def send(report: int, ending: dict[str, Any]) -> None:
    with contextlib.suppress(OSError), open(report, "wb") as file:
        file.write(DUMPS(ending).encode())
