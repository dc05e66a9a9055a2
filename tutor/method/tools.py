"""The tutor's one tool, `execute_code`: its declaration, the parsing of calls, their outputs."""

import json
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from courses.languages import language_of
from tutor.protocol.events import Call, Payload, StoredCall
from tutor.protocol.frames import MAX_CODE_CHARS, MAX_STDIN_CHARS, RunView

TOOL: Final = "execute_code"


def execute_code(language: str) -> Payload:
    """The tool as a request declares it, for the `language` of a course."""
    name = language_of(language).title
    return {
        "type": "function",
        "name": TOOL,
        "description": (
            f"Run a complete {name} program in a sandbox without network, beside the files of the "
            "student's step, and get what it printed. Use it to see what the student's program "
            "really does before you speak about it. The student sees the program and its output."
        ),
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {
                "code": {"type": "string", "description": "The whole program."},
                "stdin": {
                    "type": "string",
                    "description": "What it reads; empty for what the step gives.",
                },
            },
            "required": ["code", "stdin"],
            "additionalProperties": False,
        },
    }


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    code: str = Field(max_length=MAX_CODE_CHARS)
    stdin: str = Field(max_length=MAX_STDIN_CHARS)


def parse_call(stored: StoredCall) -> Call | Payload:
    """The run that a call asks for, or the output that tells the model why not."""
    # Rows are older than what we require of a call.
    call_id = str(stored.payload.get("call_id") or "")
    if stored.payload.get("name") != TOOL:
        return error_output(call_id, "There is no such tool; there is only execute_code.")
    try:
        arguments = _Arguments.model_validate_json(stored.payload.get("arguments") or "")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return error_output(call_id, f"The arguments are not valid: {where} {first['msg']}")
    return Call(stored.item, call_id, arguments.code, arguments.stdin)


def asked_run(call: Call, why_not: str = "") -> RunView:
    """The run that a call asks for, without a row: it waits, or is not run for the reason given."""
    state = "unavailable" if why_not else "queued"
    return RunView.model_validate(
        {"id": call.run, "by": "tutor", "code": call.code, "state": state, "message": why_not}
    )


def run_output(call_id: str, run: RunView) -> Payload:
    """The `function_call_output` that tells the model how a run ended."""
    report: Payload = {
        "status": run.state,
        "exit_code": run.exit_code,
        "stdout": run.text("stdout"),
        "stderr": run.text("stderr"),
        "duration_ms": run.duration_ms,
        "message": run.message,
    }
    if run.files:
        report["files"] = [file.name or file.skipped for file in run.files]
    return _output(call_id, report)


def error_output(call_id: str, message: str) -> Payload:
    """The `function_call_output` for a call that was not run."""
    return _output(call_id, {"status": "error", "message": message})


def _output(call_id: str, report: Payload) -> Payload:
    # Plain ASCII escapes would cost the model tokens for every umlaut; lone surrogates must stay
    # escaped, because they have no UTF-8.
    try:
        text = json.dumps(report, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(report)
    return {"type": "function_call_output", "call_id": call_id, "output": text}
