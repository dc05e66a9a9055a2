"""How long a request is, in tokens, and what of a dialogue may be left out. Pure.

Only the model's own tokenizer counts exactly, and most servers have another one. The estimate is
meant to be too high rather than too low: English has about 4 characters a token, code 3 to 4;
other scripts up to one token a character, which is 2 to 3 bytes in UTF-8 (emoji: 2 in 4 bytes).
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from tutor.method.facts_role import tells_facts
from tutor.method.prompts import program_of, student_message
from tutor.protocol.calls import Payload

ASCII_CHARS_PER_TOKEN: Final = 3
OTHER_BYTES_PER_TOKEN: Final = 2

# In place of turns that are left out. The model reads it, not the student.
LEFT_OUT: Final = (
    "[The earlier part of this dialogue is left out here, because it does not fit any more. "
    "Ask the student for what you need of it.]"
)
PROGRAM_FOLLOWS: Final = "[The student's program as it was known last:]"


def estimate_tokens(text: str) -> int:
    """About how many tokens a text has."""
    plain = len(text.encode("ascii", "ignore"))
    other = len(text.encode(errors="replace")) - plain
    return -(-plain // ASCII_CHARS_PER_TOKEN) + -(-other // OTHER_BYTES_PER_TOKEN)


def request_tokens(fields: Payload, items: Iterable[Payload]) -> int:
    """About how many tokens a request has: instructions, tools, and the whole dialogue.

    The names of fields are counted too; they stand for what a server puts around each item.
    """
    return sum(map(item_tokens, (fields, *items)))


def turn_starts(items: Sequence[Payload]) -> list[int]:
    """Where turns begin: before a message of the student's, and the facts that were told with it,
    with no call left open by then.

    What stands before such a place can be left out, and leaves no call without its output, no
    output without its call, and nothing the model thought without what that led to.
    """
    places: list[int] = []
    open_calls: Counter[str] = Counter()
    # Where the facts begin that stand right before this place, or before the messages before it.
    facts: int | None = None
    said = False
    for place, item in enumerate(items):
        if tells_facts(item):
            # Behind a message that nobody answered, they belong to the next one.
            facts, said = (place if facts is None or said else facts), False
            continue
        match item["type"]:
            case "function_call":
                open_calls[str(item.get("call_id"))] += 1
            case "function_call_output" if open_calls[str(item.get("call_id"))]:
                open_calls[str(item.get("call_id"))] -= 1
            case "message" if item.get("role") == "user" and not open_calls.total():
                start = place if facts is None else facts
                places += [start] if start not in places[-1:] else []
                said = True
                continue
        facts, said = None, False
    return places


def compacted(items: Sequence[Payload]) -> int:
    """How many items the dialogue begins with that stand for earlier ones; 0 if none does."""
    seals = [place for place, item in enumerate(items) if item["type"] == "compaction"]
    if seals:
        return seals[-1] + 1
    content = items[0].get("content") if items else None
    first = content[0] if content and isinstance(content, list) else {}
    return int(first.get("text") == LEFT_OUT)


def shorten(
    fields: Payload, items: Sequence[Payload], budget: int
) -> tuple[int, tuple[Payload, ...]] | None:
    """How many items are to be left out, and what is told in their place.

    As few turns as make it fit into `budget` tokens, though never the last one. None if nothing
    can be left out, or nothing would be gained.
    """
    places = [place for place in turn_starts(items) if place]
    if not places:
        return None
    # How much is left of the budget when all items from a place on are kept.
    rooms = [budget - request_tokens(fields, ())]
    for item in reversed(items):
        rooms.append(rooms[-1] - item_tokens(item))
    rooms.reverse()
    place = next((place for place in places if rooms[place] >= 0), places[-1])
    note = _note(items[:place], items[place:], rooms[place])
    gained = sum(map(item_tokens, items[:place])) - item_tokens(note)
    return (place, (note,)) if gained > 0 else None


def note_for(left_out: Sequence[Payload], kept: Sequence[Payload]) -> tuple[Payload, ...]:
    """What is told in place of turns, whatever is gained by that."""
    return (_note(left_out, kept, sum(map(item_tokens, left_out))),)


def _note(left_out: Sequence[Payload], kept: Sequence[Payload], room: int) -> Payload:
    """What stands for turns that are left out: with the student's program, if there is room for it
    and no message that is kept brings it along.
    """
    bare = student_message(LEFT_OUT)
    programs = [program for item in left_out if (program := program_of(item))]
    if not programs or any(program_of(item) for item in kept):
        return bare
    note = student_message(LEFT_OUT, PROGRAM_FOLLOWS, programs[-1])
    return note if item_tokens(note) <= room else bare


def item_tokens(item: Payload) -> int:
    """About how many tokens one item has."""
    return estimate_tokens(_json(item))


def _json(value: Payload) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
