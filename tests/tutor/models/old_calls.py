"""Dialogues as the release before wrote them, which named a run after its call's id. A script:
what becomes of them is printed as JSON."""

import json
import sys
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402  # Django first

from tests.tutor.models.old_rows import migrate  # noqa: E402

BEFORE = ("tutor", "0006_message_step")


apps = migrate(BEFORE)
course = apps.get_model("courses", "Course").objects.create(slug="c", title="C", language="python")
lesson = apps.get_model("courses", "Lesson").objects.create(
    course=course, slug="l", title="L", position=1, digest="d",
    document={"steps": [{"id": "write", "kind": "code"}]},
)  # fmt: skip
numbers: dict[int, int] = {}


def asks() -> dict[str, Any]:
    content = [{"type": "input_text", "text": "Why?"}]
    return {"type": "message", "role": "user", "content": content}


def says() -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": "What if?"}


def calls(call_id: str, code: Any) -> dict[str, Any]:
    arguments = json.dumps({"code": code, "stdin": ""})
    return {"type": "function_call", "call_id": call_id, "name": "execute_code",
            "arguments": arguments}  # fmt: skip


def output(call_id: str, stdout: str) -> dict[str, Any]:
    told = json.dumps({"status": "ok", "stdout": stdout})
    return {"type": "function_call_output", "call_id": call_id, "output": told}


def begins(name: str) -> Any:
    student = apps.get_model("auth", "User").objects.create(username=name)
    return apps.get_model("tutor", "Conversation").objects.create(student=student, lesson=lesson)


def turn(conversation: Any, number: int, state: str, *responses: list[dict[str, Any]]) -> None:
    """A turn of these responses, each with what followed it; the first is the question."""
    row = apps.get_model("tutor", "Turn").objects.create(
        conversation=conversation, number=number, state=state
    )
    for place, items in enumerate(responses):
        for payload in items:
            theirs = payload["type"] != "function_call_output" and place
            numbers[conversation.pk] = numbers.get(conversation.pk, 0) + 1
            apps.get_model("tutor", "Item").objects.create(
                conversation=conversation, turn=row, number=numbers[conversation.pk],
                payload=payload, response_id=f"resp_{number}_{place}" if theirs else "",
            )  # fmt: skip


def runs(
    conversation: Any, call_id: str, code: str, status: str = "ok", origin: str = "tutor"
) -> None:
    apps.get_model("sandbox", "Run").objects.create(
        key=f"{conversation.pk}:{origin}:{call_id}", code=code, status=status, stdout=code,
        student=conversation.student, origin=origin, group=f"conversation.{conversation.pk}",
    )  # fmt: skip


# One id in every turn; and a run of the student's own under that name.
over_turns = begins("over turns")
turn(over_turns, 1, "done", [asks()], [calls("call_0000", "1"), output("call_0000", "1")], [says()])
turn(over_turns, 2, "done", [asks()], [calls("call_0000", "2"), output("call_0000", "1")], [says()])
runs(over_turns, "call_0000", "1")
runs(over_turns, "call_0000", "own", origin="student")

# Twice in a response, compacted after the turn; then once more.
in_one = begins("in one response")
both = [calls("123", "1"), calls("123", "2"), output("123", "1")]
turn(in_one, 1, "done", [asks()], both, [says()])
apps.get_model("tutor", "Item").objects.create(
    conversation=in_one, turn=in_one.turns.get(), number=6, response_id="cmp", stands_for=5,
    payload={"type": "compaction"},
)  # fmt: skip
numbers[in_one.pk] = 6
turn(in_one, 2, "stopped", [asks()], both)
runs(in_one, "123", "1")

# Compacted behind the only output.
compacted = begins("compacted")
turn(compacted, 1, "stopped", [asks()], both)
apps.get_model("tutor", "Item").objects.create(
    conversation=compacted, turn=compacted.turns.get(), number=5, response_id="cmp", stands_for=4,
    payload={"type": "compaction"},
)  # fmt: skip
numbers[compacted.pk] = 5
turn(compacted, 2, "done", [asks()], [says()])
runs(compacted, "123", "1")

# Left in the middle: before any output, and after the only one there would have been.
waiting = begins("left while a program ran")
turn(waiting, 1, "running", [asks()], [calls("call_0", "1"), calls("call_0", "2")])
runs(waiting, "call_0", "1", status="running")
answered = begins("left after the output")
turn(answered, 1, "running", [asks()], both)
runs(answered, "123", "1")

# Ids that look like names of ours, each that of the other's item.
lookalike = begins("lookalike")
turn(lookalike, 1, "done", [asks()],
     [calls("call.3", "1"), calls("call.2", "2"), output("call.3", "1"), output("call.2", "2")],
     [says()])  # fmt: skip
runs(lookalike, "call.3", "1")
runs(lookalike, "call.2", "2")

# The first of two could not be run; of a program that was refused not all is kept.
refused = begins("refused")
bad = [calls("call_0", 7), output("call_0", "")]
good = [calls("call_0", "1"), output("call_0", "1")]
nul = [calls("call_9", "x" * 9), output("call_9", "")]
turn(refused, 1, "done", [asks()], bad, good, nul, [says()])
runs(refused, "call_0", "1")
runs(refused, "call_9", "xxx", status="error")

# Rows that no release should have written: calls without an id, runs without a name of theirs.
odd = begins("odd")
nameless = {"type": "function_call", "name": "execute_code", "arguments": "[]"}
turn(odd, 1, "done", [asks()],
     [nameless, {**nameless, "call_id": 7}, calls("a", "1"), output("a", "1")],
     [says()])  # fmt: skip
runs(odd, "a", "1")
for key in ("weird", f"{odd.pk}:a", f"{odd.pk}:student:a"):
    apps.get_model("sandbox", "Run").objects.create(
        key=key, code="1", status="ok", student=odd.student, origin="tutor",
        group=f"conversation.{odd.pk}",
    )  # fmt: skip


def keys() -> list[str]:
    from sandbox.models import Run

    return sorted(Run.objects.values_list("key", flat=True))


def report() -> Any:
    """Of each conversation: the tutor's programs as the page shows them, and the calls without an
    output, by the numbers of their items; what the model is told, in short."""
    from tutor.models import Conversation, Dialogue, StoredContext
    from tutor.turn.history import open_calls

    told: dict[str, Any] = {}
    for conversation in Conversation.objects.order_by("pk"):
        views = [item for item in Dialogue(conversation).shown() if item.kind == "run"]
        last = conversation.turns.last()
        assert last
        items = Dialogue(conversation).items_of(last)
        told[conversation.student.username] = {
            "shown": [[one.number, one.run.code, one.run.state, one.run.text("stdout"),
                       one.run.message[:28]] for one in views],
            "open": [items[place][0] for place in open_calls([one for _, one, *_ in items])],
            "told": [
                json.loads(one["output"]).get("stdout") if "output" in one
                else one.get("call_id", one.get("role", one["type"]))
                for one in StoredContext(conversation).payloads()
            ],
        }  # fmt: skip
    return told


old = keys()
call_command("migrate", verbosity=0)
now = keys()
migrated = report()
migrate(BEFORE)
back = keys()
call_command("migrate", verbosity=0)
again = keys() == now and report() == migrated
told = {"old": old, "now": now, "back": back, "again": again, "dialogues": migrated}
sys.stdout.write(json.dumps(told))
