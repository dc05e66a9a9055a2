"""A run of the tutor's is named after the item that called for it, no more after its call id.

Servers may give many calls one id. Then there was one run for all of them: it stays that of the
call it was made for. The others have none: if their turn is over, the page says that they were not
run; if it is on, they are run when it is taken up.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from django.db import migrations

CONVERSATIONS_AT_A_TIME = 200
ROWS_AT_A_TIME = 500
MAX_KEY_CHARS = 200

# Of one conversation: its number, its calls with their numbers, its runs.
Dialogue = tuple[int, list[tuple[int, Any]], list[Any]]


def name_by_item(apps: Any, schema_editor: Any) -> None:
    """Give each run of the tutor's the name of the call's item."""
    _rename(apps, _by_item)


def name_by_call_id(apps: Any, schema_editor: Any) -> None:
    """The way back, as far as there is one: of several calls with one id the first has its run."""
    _rename(apps, _by_call_id)


def _rename(apps: Any, names_of: Callable[[Dialogue], dict[Any, str]]) -> None:
    """Give the runs of each conversation the names that it says, by primary key."""
    run_model = apps.get_model("sandbox", "Run")
    for dialogues in _dialogues(apps):
        named = [(dialogue, names_of(dialogue)) for dialogue in dialogues]
        runs = [run for _, _, runs in dialogues for run in runs]
        # First out of the way: an id of the API's may look like a name of ours. What belongs to no
        # call stays there.
        for (conversation, _, theirs), _ in named:
            for run in theirs:
                run.key = f"{conversation}:tutor:lost.{run.pk}"
        run_model.objects.bulk_update(runs, ["key"], batch_size=ROWS_AT_A_TIME)
        for (conversation, _, theirs), names in named:
            for run in theirs:
                if name := names.get(run.pk):
                    run.key = f"{conversation}:tutor:{name}"
        run_model.objects.bulk_update(runs, ["key"], batch_size=ROWS_AT_A_TIME)


def _by_item(dialogue: Dialogue) -> dict[Any, str]:
    _, calls, runs = dialogue
    names: dict[Any, str] = {}
    for run in runs:
        item = _item(calls, _name(run), run.code)
        if item is not None and f"call.{item}" not in names.values():
            names[run.pk] = f"call.{item}"
    return names


def _by_call_id(dialogue: Dialogue) -> dict[Any, str]:
    conversation, calls, runs = dialogue
    run_of = {_name(run): run.pk for run in runs}
    names: dict[Any, str] = {}
    for number, call in calls:
        pk, name = run_of.get(f"call.{number}"), _call_id(call)
        fits = len(f"{conversation}:tutor:{name}") <= MAX_KEY_CHARS
        if pk and name is not None and fits and name not in names.values():
            names[pk] = name
    return names


def _name(run: Any) -> str:
    return str(run.key.split(":", 2)[2])


def _dialogues(apps: Any) -> Iterator[list[Dialogue]]:
    """All conversations in which the tutor has run something, some at a time."""
    item_model, run_model = apps.get_model("tutor", "Item"), apps.get_model("sandbox", "Run")
    everyone = list(
        apps.get_model("tutor", "Conversation").objects.order_by("pk").values_list("pk", flat=True)
    )
    for start in range(0, len(everyone), CONVERSATIONS_AT_A_TIME):
        group = {
            f"conversation.{pk}": pk for pk in everyone[start : start + CONVERSATIONS_AT_A_TIME]
        }
        runs: dict[int, list[Any]] = defaultdict(list)
        mine = run_model.objects.filter(origin="tutor", group__in=group).only(
            "key", "group", "code"
        )
        for run in mine.order_by("created_at"):
            # A key that no release has made stays as it is.
            if run.key.startswith(f"{group[run.group]}:tutor:"):
                runs[group[run.group]].append(run)
        calls: dict[int, list[tuple[int, Any]]] = defaultdict(list)
        called = item_model.objects.filter(
            conversation__in=runs, stands_for=None,
            payload__type="function_call", payload__name="execute_code",
        )  # fmt: skip
        rows = called.order_by("conversation_id", "number")
        for pk, number, payload in rows.values_list("conversation_id", "number", "payload"):
            calls[pk].append((number, payload))
        yield [(pk, calls[pk], runs[pk]) for pk in runs]


def _item(calls: list[tuple[int, Any]], call_id: str, code: str) -> int | None:
    """The number of the call that a run was made for: the first with this id whose program it is.

    Of a program that was refused not all was kept; then the first with this id.
    """
    same = [(number, call) for number, call in calls if _call_id(call) == call_id]
    theirs = (number for number, call in same if _code(call) == code)
    return next(theirs, same[0][0] if same else None)


def _call_id(call: Any) -> Any:
    """None for what is no call of ours: no run was named after it."""
    call_id = call.get("call_id")
    return call_id if isinstance(call_id, str) else None


def _code(call: Any) -> Any:
    try:
        return json.loads(call["arguments"])["code"]
    except (ValueError, LookupError, TypeError):
        return None


class Migration(migrations.Migration):
    dependencies = [
        ("sandbox", "0007_two_queues"),
        ("tutor", "0007_close_calls"),
    ]

    operations = [migrations.RunPython(name_by_item, name_by_call_id, elidable=True)]
