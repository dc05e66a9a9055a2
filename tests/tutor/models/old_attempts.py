"""Attempts as the release before stored them, each with a frame of the browser's protocol. A
script: what becomes of them is printed as JSON."""

import importlib
import json
import sys
from types import SimpleNamespace
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402  # Django first
from django.db import connection  # noqa: E402

from tests.tutor.models.old_rows import migrate  # noqa: E402

BEFORE = ("tutor", "0011_revisions")
# More than are turned at a time.
MANY = 1_001


apps = migrate(BEFORE)
course = apps.get_model("courses", "Course").objects.create(slug="c", title="C", language="python")
lesson = apps.get_model("courses", "Lesson").objects.create(
    course=course, slug="l", title="L", position=1, digest="d",
    document={"steps": [{"id": "write", "kind": "code"}]},
)  # fmt: skip
student = apps.get_model("auth", "User").objects.create(username="ada")
conversation = apps.get_model("tutor", "Conversation").objects.create(
    student=student, lesson=lesson
)


def frame(name: str, state: str, **fields: Any) -> dict[str, Any]:
    """A frames.AttemptView as that release dumped it, in the order of its fields."""
    empty = {
        "id": name, "step": "write", "state": state, "position": 0, "number": 0, "passed": False,
        "message": "", "cases": [], "hidden": 0, "hidden_passed": 0, "rules": [],
        "prediction": "", "output": [], "differs": None, "choices": [], "because": [],
    }  # fmt: skip
    return empty | fields


def stores(told: dict[str, Any], answer: dict[str, Any], name: str = "", **more: Any) -> None:
    state = {"judged": "judged", "unread": "failed"}.get(told.get("state", ""), "failed")
    columns = {"state": state, "number": told.get("number", 0), "passed": told.get("passed", False)}
    apps.get_model("tutor", "Attempt").objects.create(
        conversation=conversation, step="write", client_id=name or told["id"],
        told=told, answer=answer, **columns | more,
    )  # fmt: skip


program = {"code": "price = 5", "files": {"menu.py": ""}, "base": 3, "version": 0, "page": ""}
cases = [
    {"call": "price(1)", "stdin": "", "passed": True, "got": "It gave `5`."},
    {"call": "", "stdin": "7\n", "passed": False, "got": "It printed nothing."},
]
stores(
    frame("check-01", "judged", number=1, cases=cases, hidden=6, hidden_passed=5,
          rules=["The program must do without a loop."]),
    program, beliefs=["adds-two"],
)  # fmt: skip
stores(frame("check-02", "judged", number=2, passed=True, cases=cases[:1]), program)
printed = [{"stream": "stdin", "text": "1\n"}, {"stream": "stdout", "text": "five\nten\n"}]
stores(
    frame("predict-01", "judged", number=1, prediction="five", output=printed,
          differs={"line": 2, "predicted": None, "printed": "ten"}),
    {"text": "five"},
)  # fmt: skip
stores(
    frame("choose-01", "judged", number=1, passed=True, choices=[0, 2], because=["Yes.", ""]),
    {"choices": [0, 2]},
)
stores(frame("failed-01", "failed", message="It could not be run."), program)
stores(frame("unread-01", "unread", message="The program cannot be read."), program)
stores({}, program, "pending-01", state="pending")
# Of a release whose frames had other fields.
unknown = frame("unknown-01", "judged", number=3, cases=cases, hints=["Look at line 1."])
stores(unknown, program)
missing = {"id": "missing-01", "step": "write", "state": "judged", "number": 4}
stores(missing, program, number=4)
# As no release has written them.
damaged: Any = {"state": "judged", "cases": [7], "rules": ["One."], "message": None}
stores(damaged, {}, "damaged-01")
apps.get_model("tutor", "Attempt").objects.bulk_create(
    apps.get_model("tutor", "Attempt")(
        conversation=conversation, step="many", client_id=f"many-{number:04}", answer={"text": ""},
        state="failed", told=frame(f"many-{number:04}", "failed", message="Stopped."),
    )
    for number in range(MANY)
)  # fmt: skip


def told(attempts: Any) -> dict[str, Any]:
    """What the rows of that release have in their column `told`."""
    return dict(attempts.exclude(step="many").values_list("client_id", "told"))


def report() -> dict[str, Any]:
    """Of each attempt: its columns; and the frame that is made of it, as text."""
    from tutor.method.facts import check_facts
    from tutor.models import Attempt, attempt_view

    attempts = Attempt.objects.exclude(step="many")
    many = Attempt.objects.filter(step="many", feedback={"message": "Stopped."})
    return {
        "rows": {
            row.client_id: [row.state, row.answer, row.feedback, row.misconceptions]
            for row in attempts
        },
        "frames": {row.client_id: attempt_view(row).model_dump_json() for row in attempts},
        "facts": {
            row.client_id: check_facts(row.number, row.passed, row.facts, row.misconceptions)
            for row in attempts
        },
        "many": many.count(),
    }


old = told(apps.get_model("tutor", "Attempt").objects)
call_command("migrate", verbosity=0)
now = report()
turning = importlib.import_module("tutor.migrations.0013_feedback_facts")
turning.to_facts(django.apps.apps, SimpleNamespace(connection=connection))
twice = report() == now
back = told(migrate(BEFORE).get_model("tutor", "Attempt").objects)
call_command("migrate", verbosity=0)
again = report() == now
sys.stdout.write(json.dumps({"old": old, "back": back, "again": again, "twice": twice, **now}))
