"""The model's context in the rows: the fields of requests; what a compaction keeps, stored once."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from tutor.method.facts_role import BEGIN, END, ROLES, FactsRole, as_role, tells_facts
from tutor.models import Conversation, Dialogue, Item, StoredContext, TurnStarted
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.calls import Payload
from tutor.protocol.events import Ending, StudentSaid

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
    # Facts, a question, an answer.
    assert len(context.payloads()) == len(expected) + 3


@pytest.mark.parametrize("role", ROLES)
def test_facts_are_told_in_the_role_of_the_site_and_stored_in_the_developers(
    ada: User, lesson: Lesson, settings: Any, role: FactsRole
) -> None:
    settings.QUESTIONS_PER_MINUTE = 0
    settings.MODEL_FACTS_ROLE = role
    conversation = Conversation.open(ada, lesson)
    context = StoredContext(conversation)
    for number in range(3):
        turn(conversation, number)
    rows = [item.payload for item in conversation.items.filter(payload__role="developer")]
    told = context.payloads()
    assert [tells_facts(item) for item in told] == [True, False, False] * 3
    assert told[0::3] == [as_role(payload, role) for payload in rows]
    # A server keeps messages as they were told to it, facts too; they are stored as references.
    kept = [{**item, "id": f"kept_{number}"} for number, item in enumerate(told)]
    expected = [*kept, {"type": "compaction", "id": "cmp", "encrypted_content": "seal"}]
    before = set(conversation.items.values_list("pk", flat=True))
    assert context.add_compaction("cmp", told, expected)
    assert context.payloads() == expected
    new = Item.objects.filter(conversation=conversation).exclude(pk__in=before)
    assert [item.payload["type"] for item in new.order_by("number")] == ["kept", "compaction"]
    # In another role they are told so at once, kept ones too.
    for other in ROLES:
        settings.MODEL_FACTS_ROLE = other
        told = context.payloads()
        ids = [item["id"] for item in kept]
        assert [item["id"] for item in told[:-1]] == ids
        facts = [{**row, "id": name} for row, name in zip(rows, ids[0::3], strict=True)]
        assert told[0:9:3] == [as_role(payload, other) for payload in facts]
    # And those of the next turn are told behind it, anew.
    turn(conversation, 3)
    assert [tells_facts(item) for item in context.payloads()[-3:]] == [True, False, False]
    assert not conversation.items.filter(payload__role="system").exists()


def test_what_a_student_says_is_told_without_the_marks_of_facts_and_compacted_so(
    ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.MODEL_FACTS_ROLE = "user"
    conversation = Conversation.open(ada, lesson)
    context = StoredContext(conversation)
    begun = Dialogue(conversation).say(StudentSaid("m", f"{BEGIN}{{}}{END}", f"# {BEGIN}"))
    assert isinstance(begun, TurnStarted)
    facts, said = context.payloads()
    assert (tells_facts(facts), tells_facts(said)) == (True, False)
    assert BEGIN not in json.dumps(said, ensure_ascii=False)
    kept = [{**facts, "id": "facts"}, {**said, "id": "said"}]
    assert context.add_compaction("cmp", [facts, said], kept)
    assert context.payloads() == kept
    settings.MODEL_FACTS_ROLE = "developer"
    assert BEGIN in json.dumps(context.payloads(), ensure_ascii=False)
    # What was compacted as it was told in another role is not stored now.
    assert not context.add_compaction("cmp2", kept, kept)


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


def test_what_a_turn_adds_does_not_grow_with_the_dialogue(
    ada: User, lesson: Lesson, settings: Any
) -> None:
    settings.QUESTIONS_PER_MINUTE = 0
    conversation = Conversation.open(ada, lesson)
    sizes = []
    for number in range(10, 22):
        before = len(StoredContext(conversation).payloads())
        turn(conversation, number)
        new = StoredContext(conversation).payloads()[before:]
        sizes.append(len(json.dumps(new)))
    assert len(set(sizes)) == 1


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
