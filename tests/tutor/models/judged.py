"""A dialogue in which an answer was withheld, for tests of what instructors see of it."""

from dataclasses import dataclass
from typing import Any

from tutor.leaks.judgement import VERSION
from tutor.method.program_hash import program_hash
from tutor.method.prompts import program
from tutor.models import Conversation, Item, Judgement, Turn

STEP = "mend-total"
STUDENTS = "def total(days):\n    return days\n"
MENDED = "def total(days):\n    return days + 1\n"


@dataclass(frozen=True)
class Withheld:
    """The dialogue, its only turn, and the judgement."""

    conversation: Conversation
    turn: Turn
    judgement: Judgement


def withheld(conversation: Conversation, **fields: Any) -> Withheld:
    """A turn of a student's with an answer that leaks and another one in its place."""
    number = conversation.turns.count() + 1
    turn = Turn.objects.create(conversation=conversation, number=number, state="done")
    first = 1 + conversation.items.count()
    message = {"type": "message", "role": "user", "content": [{"text": "Why?"}]}
    brought = program(STUDENTS, {}, "python")
    add(turn, first, message, step=STEP, program=brought, files={}, client_id=f"message-{first}")
    judgement = Judgement.objects.create(**judged(turn, **fields))
    add(turn, first + 1, said("Return `days + 1`."), response_id="r1", withheld=True)
    add(turn, first + 2, said("Which day is missing?"), response_id="r2")
    return Withheld(conversation, turn, judgement)


def judged(turn: Turn, **fields: Any) -> dict[str, Any]:
    """The fields of a judgement: a leak that was held back, unless told otherwise."""
    return {
        "conversation": turn.conversation, "turn": turn, "step": STEP, "channel": "reply",
        "verdict": "leak", "held_back": True, "text": "Return `days + 1`.",
        "way": "edit", "mended": MENDED, "code_hash": program_hash(STUDENTS, {}, "python"),
        "failing": 2, "programs": 3, "case_runs": 7, "ms": 120, "gate_version": VERSION, **fields,
    }  # fmt: skip


def said(text: str) -> dict[str, Any]:
    """A message of the tutor's."""
    return {"type": "message", "role": "assistant", "content": [{"text": text}]}


def add(turn: Turn, number: int, payload: dict[str, Any], **fields: Any) -> Item:
    """An item of the turn."""
    return Item.objects.create(
        conversation=turn.conversation, turn=turn, number=number, payload=payload, **fields
    )
