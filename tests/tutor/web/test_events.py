"""Frames as events and commands: nothing that a frame says of a program is lost."""

import json
from typing import Any

import pytest

from tutor.protocol import frames
from tutor.protocol.commands import StudentTried
from tutor.web.events import event_of

PROGRAM: dict[str, Any] = {
    "step": "a-step", "code": "x = 1", "files": {"data.txt": "1"}, "base": 3, "version": 4,
    "page": "page-gone", "cause": "merged",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["say", "run", "edit", "hint", "check_code"])
def test_a_program_comes_with_all_that_the_frame_says_of_it(kind: str) -> None:
    text = {"text": "Why?"} if kind == "say" else {}
    event = event_of(
        frames.parse(json.dumps({"type": kind, "id": "frame-0001", **PROGRAM, **text}))
    )
    draft = event.attempt if isinstance(event, StudentTried) else event
    assert {name: getattr(draft, name) for name in PROGRAM} == PROGRAM
