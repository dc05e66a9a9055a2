"""Every call of the tutor's has an output, unless its turn is on and waits for it.

Of calls that one response made under one id, only one had an output. The others get theirs here: a
model may be told no call without one.
"""

import json
from collections import defaultdict
from typing import Any, NamedTuple

from django.db import migrations
from django.db.models import F
from django.db.models.fields.json import KT

CONVERSATIONS_AT_A_TIME = 200
NOT_RUN = {"status": "error", "message": "This program was not run."}


class Said(NamedTuple):
    """An item of a conversation that is no compaction."""

    number: int
    turn: int
    response: str
    type: str
    call_id: str | None


def close_calls(apps: Any, schema_editor: Any) -> None:
    """Put an output behind the others of its response for each call that was left without."""
    items = apps.get_model("tutor", "Item").objects
    conversations = apps.get_model("tutor", "Conversation").objects.order_by("pk")
    everyone = list(conversations.values_list("pk", flat=True))
    running = set(
        apps.get_model("tutor", "Turn").objects.filter(state="running").values_list("pk", flat=True)
    )
    for start in range(0, len(everyone), CONVERSATIONS_AT_A_TIME):
        some = items.filter(
            conversation__in=everyone[start : start + CONVERSATIONS_AT_A_TIME], stands_for=None
        )
        said: dict[int, list[Said]] = defaultdict(list)
        rows = some.order_by("conversation_id", "number").values_list(
            "conversation_id", "number", "turn_id", "response_id",
            KT("payload__type"), KT("payload__call_id"),
        )  # fmt: skip
        for conversation, *facts in rows:
            said[conversation].append(Said(*facts))
        for conversation, all_said in said.items():
            if gaps := _gaps(all_said, running):
                _fill(apps, conversation, gaps)


def _gaps(said: list[Said], running: set[int]) -> list[tuple[int, Said]]:
    """The calls without an output, each with the number of the item behind which one is missing."""
    gaps: list[tuple[int, Said]] = []
    calls: list[Said] = []
    last = 0
    for item in said:
        if calls and (item.turn != calls[0].turn or item.response not in ("", calls[0].response)):
            gaps += [(last, call) for call in calls]
            calls = []
        if item.type == "function_call":
            calls.append(item)
        elif item.type == "function_call_output":
            answered = next((call for call in calls if call.call_id == item.call_id), None)
            calls = [call for call in calls if call is not answered]
        last = item.number
    if calls and calls[0].turn not in running:
        gaps += [(last, call) for call in calls]
    return gaps


def _fill(apps: Any, conversation: int, gaps: list[tuple[int, Said]]) -> None:
    """Make room in the numbers, and store the outputs there."""
    item_model = apps.get_model("tutor", "Item")
    items = item_model.objects.filter(conversation=conversation)
    places = [place for place, _ in gaps]
    # From the end, so that no number is taken twice.
    for number in items.order_by("-number").values_list("number", flat=True):
        if moved := sum(place < number for place in places):
            items.filter(number=number).update(number=F("number") + moved)
    # What stood for the last output of a response stands for what is behind it as well.
    compactions = items.exclude(stands_for=None).values_list("pk", "stands_for")
    for pk, stands_for in compactions:
        moved = sum(place <= stands_for for place in places)
        items.filter(pk=pk).update(stands_for=stands_for + moved)
    item_model.objects.bulk_create(
        item_model(
            conversation_id=conversation,
            turn_id=call.turn,
            number=place + index,
            payload={
                "type": "function_call_output",
                "output": json.dumps(NOT_RUN),
                # A call without one is told apart from no other.
                **({} if call.call_id is None else {"call_id": call.call_id}),
            },
        )
        for index, (place, call) in enumerate(gaps, 1)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("tutor", "0006_message_step"),
    ]

    operations = [migrations.RunPython(close_calls, migrations.RunPython.noop, elidable=True)]
