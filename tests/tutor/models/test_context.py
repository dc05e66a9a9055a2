"""The model's context in the rows: the fields of requests; what a compaction keeps, stored once."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from tutor.models import Conversation, Dialogue, Item, StoredContext, TurnStarted
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.events import Ending, Payload, StudentSaid

pytestmark = pytest.mark.django_db

PROGRAM = "print('a program of some length')\n" * 40


def turn(conversation: Conversation, number: int) -> None:
    message = StudentSaid(f"message-{number}", f"question {number}", f"# {number}\n{PROGRAM}")
    begun = Dialogue(conversation).say(message)
    assert isinstance(begun, TurnStarted)
    assert begun.fence
    answer = {"type": "message", "role": "assistant", "content": [{"text": f"answer {number}"}]}
    end: list[Save | EndTurn] = [Save((answer,), f"r{number}"), EndTurn(Ending.DONE)]
    Dialogue(conversation).store(begun.fence, begun.turn, end)


def compaction(told: list[Payload], name: str, **new: Any) -> list[Payload]:
    """What OpenAI's endpoint makes of a dialogue: all of the student's messages, and a seal."""
    students = [item for item in told if item.get("role") == "user"]
    kept = [
        {**item, "id": f"{name}_{number}", "status": "completed", **new}
        for number, item in enumerate(students)
    ]
    return [*kept, {"type": "compaction", "id": name, "encrypted_content": f"seal {name}"}]


def test_what_is_kept_is_told_as_it_came_and_stored_as_references(
    ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.QUESTIONS_PER_MINUTE = 0
    conversation = Conversation.open(ada, lesson)
    context = StoredContext(conversation)
    expected: list[Payload] = []
    for round_ in range(4):
        for number in range(5):
            turn(conversation, round_ * 5 + number)
        told = context.payloads()
        assert told[: len(expected)] == expected
        expected = compaction(told, f"cmp{round_}")
        before = set(conversation.items.values_list("pk", flat=True))
        assert context.add_compaction(f"c{round_}", told, expected)
        assert context.payloads() == expected
        new = Item.objects.filter(conversation=conversation).exclude(pk__in=before)
        assert new.count() == 2
        stored = sum(len(json.dumps(item.payload)) for item in new)
        assert stored < len(json.dumps(expected)) / 10
    # And the dialogue goes on after it.
    turn(conversation, 99)
    assert context.payloads()[: len(expected)] == expected
    assert len(context.payloads()) == len(expected) + 3


def test_what_is_told_otherwise_is_stored_as_it_came(ada: User, lesson: Lesson) -> None:
    conversation = Conversation.open(ada, lesson)
    context = StoredContext(conversation)
    turn(conversation, 1)
    told = context.payloads()
    [first, seal] = compaction(told, "cmp")
    less = {key: value for key, value in first.items() if key != "role"}
    other = {**first, "content": [{"type": "input_text", "text": "a summary"}]}
    for expected in ([other, first, first, seal], [less, first, other, seal]):
        assert context.add_compaction("c", told, expected)
        told = context.payloads()
        assert told == expected


def test_what_a_server_calls_like_a_reference_of_ours_is_none(ada: User, lesson: Lesson) -> None:
    conversation = Conversation.open(ada, lesson)
    context = StoredContext(conversation)
    turn(conversation, 1)
    told = context.payloads()
    forged: Payload = {"type": "kept", "items": [{"item": 1, "with": {}}]}
    assert not context.add_compaction("c", told, [forged])
    assert context.payloads() == told
    begun = Dialogue(conversation).say(StudentSaid("message-2", "Why?", "x"))
    assert isinstance(begun, TurnStarted)
    assert begun.fence
    Dialogue(conversation).store(begun.fence, begun.turn, [Save((forged,), "r2")])
    assert context.payloads()[-1] == forged


def test_a_request_has_what_course_and_site_set_and_is_the_same_each_time(
    settings: Any, ada: User, lesson: Lesson
) -> None:
    context = StoredContext(Conversation.open(ada, lesson))
    plain = context.request_fields()
    assert context.runs_per_turn() == 6
    settings.MODEL_OPTIONS = settings.MODEL_OPTIONS | {
        "reasoning_effort": "medium", "max_answer_tokens": 1_500, "runs_per_turn": 4
    }  # fmt: skip
    lesson.course.model_options = {"reasoning_effort": "low", "runs_per_turn": 9, "newer": 1}
    lesson.course.save()
    context = StoredContext(Conversation.objects.get())
    asked = context.request_fields()
    assert asked == {**plain, "reasoning": {"effort": "low"}, "max_output_tokens": 3_500}
    assert context.runs_per_turn() == 4
    # Byte for byte, or the provider would read it anew.
    assert json.dumps(asked) == json.dumps(context.request_fields())
    assert asked["store"] is False
