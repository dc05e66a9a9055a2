"""One test case in a fork of its own, and what was observed. What is expected is not known here."""

import contextlib
import json
import os
import shutil
import sys
import types
from typing import Any

from . import values
from .hints import hint
from .program import (
    BASE_EXCEPTION,
    LEAVE,
    RUN_CASE,
    SYSTEM_EXIT,
    Ended,
    compile_program,
    exit_code,
    flush,
    leave,
    run_program,
    show,
)  # fmt: skip

MOST_MESSAGE_CHARACTERS = 1000
# What a child may report; PID 1 reads no more.
MOST_REPORT_BYTES = 1024 * 1024
# The name of a program whose functions are called: not __main__, as if it were imported.
MODULE_NAME = "main"
EVAL, DUMPS = eval, json.dumps


def run_case(source: bytes, case: dict[str, Any], report: int) -> None:
    """Run one case, write what came of it to `report`, and end; does not return."""
    if "call" not in case:
        ended = run_program(source)
        send(report, outcome(ended))
        leave(ended.code)
    ended, value = call(source, case["call"])
    told = outcome(ended)
    if ended.error is None and ended.code is None:
        told = {"ended": "value", "value": values.tell(value)}
    flush()
    send(report, told)
    LEAVE(0)


def call(source: bytes, expression: str) -> tuple[Ended, object]:
    """The expression's value beside the program; its code is None if there is one."""
    module = types.ModuleType(MODULE_NAME)
    names = module.__dict__
    sys.modules[MODULE_NAME] = module
    program = compile_program(source)
    if isinstance(program, Ended):
        return program, None
    try:
        exec(program, names)
        return Ended(None), EVAL(compile(expression, "<call>", "eval"), names)
    except SYSTEM_EXIT as end:
        return Ended(exit_code(end)), None
    except BASE_EXCEPTION as error:
        hint(error)
        return Ended(show(error), error), None


def outcome(ended: Ended) -> dict[str, Any]:
    """An end that is no value: by exception or by itself."""
    if ended.error is None:
        return {"ended": "exited", "exit_code": ended.code}
    name, message = "Exception", ""
    with contextlib.suppress(BASE_EXCEPTION):
        name = str(values.TYPE(ended.error).__name__)[:MOST_MESSAGE_CHARACTERS]
        message = str(ended.error)[:MOST_MESSAGE_CHARACTERS]
    told = {"ended": "raised", "exception": {"type": name, "message": message}}
    return told | {"exit_code": ended.code}


def send(report: int, told: dict[str, Any]) -> None:
    with contextlib.suppress(OSError), open(report, "wb") as file:
        file.write(DUMPS(told).encode())


RUN_CASE.append(run_case)


# In PID 1 ---------------------------------------------------------------------------------------


def read_report(data: bytes) -> dict[str, Any] | None:
    """What a child has reported, if it is whole and well-formed; it may be the program's own."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        return None
    match told:
        case {"ended": "value", "value": value, **rest} if not rest and values.is_value(value):
            return {"ended": "value", "value": value}
        case {"ended": "exited", "exit_code": int(code), **rest} if not rest:
            return {"ended": "exited", "exit_code": code & 0xFF}
        case {
            "ended": "raised",
            "exception": {"type": str(name), "message": str(message), **more},
            "exit_code": int(code),
            **rest,
        } if not rest and not more:
            exception = {
                "type": name[:MOST_MESSAGE_CHARACTERS],
                "message": message[:MOST_MESSAGE_CHARACTERS],
            }
            return {"ended": "raised", "exception": exception, "exit_code": code & 0xFF}
    return None


def clear(folder: str) -> bool:
    """Remove all that a case has left in `folder`; whether nothing is left."""
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError, RecursionError):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
    return not os.listdir(folder)
