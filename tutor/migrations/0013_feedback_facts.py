"""What was told of an attempt is stored as facts, no more as a frame of the browser's protocol.

Each batch of rows is a transaction of its own: no lock is held for long on a large table, and a
migration that was cut short is run again from the beginning, where nothing is left to do. A row
that cannot be understood stays as it is; whoever reads it ignores what is not known.
"""

from collections.abc import Callable
from typing import Any

from django.db import migrations, transaction

ROWS_AT_A_TIME = 500

# The fields of the facts, with the values that are not stored.
DEFAULTS: dict[str, Any] = {
    "message": "", "cases": [], "hidden": 0, "hidden_passed": 0, "rules": [],
    "prediction": "", "output": [], "differs": None, "choices": [], "because": [],
}  # fmt: skip
# Those of an answer: a frame's `base`, `version` and `page` belong to its connection.
ANSWERS = ("code", "files", "text", "choices")


def to_facts(apps: Any, schema_editor: Any) -> None:
    """Frames to facts. The frame's state `unread` becomes the row's."""
    _each(apps, schema_editor, _to_facts)


def to_frames(apps: Any, schema_editor: Any) -> None:
    """The way back, to frames as version 3 of the protocol has them."""
    _each(apps, schema_editor, _to_frame)


def _each(apps: Any, schema_editor: Any, change: Callable[[Any], None]) -> None:
    alias = schema_editor.connection.alias
    attempts = apps.get_model("tutor", "Attempt").objects.using(alias)
    last = 0
    while True:
        with transaction.atomic(using=alias):
            # Locked where the database can: a worker may be judging one of them.
            rows = list(
                attempts.select_for_update().filter(pk__gt=last).order_by("pk")[:ROWS_AT_A_TIME]
            )
            for row in rows:
                change(row)
            attempts.bulk_update(rows, ["state", "answer", "feedback"])
        if not rows:
            return
        last = rows[-1].pk


def _to_facts(row: Any) -> None:
    if isinstance(row.answer, dict):
        row.answer = {name: row.answer[name] for name in ANSWERS if name in row.answer}
    if not isinstance(row.feedback, dict):
        return
    if row.state == "failed" and row.feedback.get("state") == "unread":
        row.state = "unread"
    row.feedback = {
        name: row.feedback[name]
        for name, default in DEFAULTS.items()
        if row.feedback.get(name, default) != default
    }


def _to_frame(row: Any) -> None:
    if row.state == "pending" or not isinstance(row.feedback, dict) or "state" in row.feedback:
        return  # no frame, or one already
    named = {"id": row.client_id, "step": row.step, "state": row.state, "position": 0}
    counted = {"number": row.number, "passed": row.passed}
    told = {name: row.feedback.get(name, default) for name, default in DEFAULTS.items()}
    row.feedback = named | counted | told
    if row.state == "unread":
        row.state = "failed"


class Migration(migrations.Migration):
    # Not as one transaction: see above.
    atomic = False

    dependencies = [
        ("tutor", "0012_feedback"),
    ]

    operations = [migrations.RunPython(to_facts, to_frames, elidable=True)]
