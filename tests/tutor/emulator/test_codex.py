"""What Codex CLI 0.171 sends under the name of our default model, in small, is taken."""

from typing import Any

import pytest

from tests.tutor.emulator.core import connection, response_id, run
from tutor.emulator import Request, Say, Think
from tutor.practice import socratic

NAMESPACES: list[dict[str, Any]] = [
    {
        "type": "namespace",
        "name": "functions",
        "description": "",
        "tools": [
            {
                "type": "custom",
                "name": "exec",
                "description": "Runs a script.",
                "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"},
            },
            {
                "type": "function",
                "name": "wait",
                "description": "Waits for a script.",
                "strict": False,
                "parameters": {"type": "object", "properties": {"id": {"type": "string"}}},
            },
        ],
    },
    {"type": "namespace", "name": "clock", "description": "Time.", "tools": []},
]


def message(role: str, *texts: str, number: int) -> dict[str, Any]:
    parts = [{"type": "input_text", "text": text} for text in texts]
    return {"type": "message", "id": f"msg_{number}", "role": role, "content": parts}


OPENING: list[dict[str, Any]] = [
    {"type": "additional_tools", "id": "at_1", "role": "developer", "tools": NAMESPACES},
    message("developer", "You are an agent.", number=1),
    message("developer", "<skills>none</skills>", number=2),
    message("user", "<environment><cwd>/project</cwd></environment>", number=3),
    message("user", "Say hello.", number=4),
]
FIELDS: dict[str, Any] = {
    "stream": True,
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "reasoning": {"effort": "low", "context": "all_turns"},
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "prompt_cache_key": "01a2",
    "text": {"verbosity": "low"},
    "client_metadata": {"session_id": "01a2", "turn_id": ""},
}


def answer(core: Any, **fields: Any) -> list[dict[str, Any]]:
    """The frames of a response, said by the practice tutor to those items."""
    said = socratic.answer(Request("gpt-6-astra", tuple(OPENING)))
    assert isinstance(said[-1], Say)
    return run(core, Think("Hm."), *said, **FIELDS, **fields)


def test_a_socket_is_warmed_up_and_then_asked():
    core = connection()
    warm = response_id(run(core, input=[], generate=False, **FIELDS))
    assert answer(core, previous_response_id=warm, input=OPENING)[-1]["response"]["output"]


@pytest.mark.parametrize("warmed", [True, False])
def test_a_session_that_is_resumed_brings_everything_again(warmed):
    thought, said = answer(connection(), input=OPENING)[-1]["response"]["output"]
    # Codex adds an empty content to what has been thought.
    history = [*OPENING, thought | {"content": None}, said, message("user", "And?", number=5)]
    core = connection()
    warm = response_id(run(core, input=[], generate=False, **FIELDS)) if warmed else None
    assert answer(core, previous_response_id=warm, input=history)[-1]["response"]["output"]
