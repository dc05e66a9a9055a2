"""What stands around a judgement: which program it was about, and what was seen in its place."""

import pytest
from django.contrib.auth.models import User

from courses.models import Lesson
from tests.tutor.models.judged import STEP, STUDENTS, add, judged, said, withheld
from tutor.method.program_hash import program_hash
from tutor.method.prompts import program
from tutor.models import Conversation, HintGiven, Judgement, Work
from tutor.models.judged import MAX_SEEN, seen_instead, student_program

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation(ada: User, lesson: Lesson) -> Conversation:
    return Conversation.open(ada, lesson)


def test_it_is_the_program_that_the_turns_message_brought(conversation: Conversation) -> None:
    found = student_program(withheld(conversation).judgement)
    assert (found.code, found.is_the_one) == (STUDENTS.rstrip("\n") + "\n", True)
    assert found.where == "as a message brought it"


def test_a_message_that_brought_none_has_that_of_one_before(conversation: Conversation) -> None:
    first = withheld(conversation)
    later = first.turn
    later.pk, later.number = None, 2
    later.save()
    judgement = Judgement.objects.create(**judged(later))
    assert student_program(judgement).code == STUDENTS


def test_a_program_of_a_later_turn_is_not_taken(conversation: Conversation) -> None:
    first = withheld(conversation, code_hash="0" * 64)
    second = withheld(conversation)
    newer = program("def total(days):\n    return 5\n", {}, "python")
    add(second.turn, 9, said(""), step=STEP, program=newer, files={})
    assert student_program(first.judgement).code == STUDENTS


def test_the_hash_decides_between_the_message_and_the_editor(conversation: Conversation) -> None:
    in_editor = "def total(days):\n    return 0\n"
    Work.objects.create(conversation=conversation, step=STEP, code=in_editor)
    mark = program_hash(in_editor, {}, "python")
    found = student_program(withheld(conversation, code_hash=mark).judgement)
    assert (found.code, found.where) == (in_editor, "as it is in the editor")


def test_without_the_one_the_messages_is_shown_and_said_to_be_unsure(
    conversation: Conversation,
) -> None:
    found = student_program(withheld(conversation, code_hash="0" * 64).judgement)
    assert (found.code, found.is_the_one) == (STUDENTS, False)


def test_a_program_of_another_step_is_none_of_this(conversation: Conversation) -> None:
    found = student_program(withheld(conversation, step="elsewhere").judgement)
    assert (found.code, found.is_the_one) == ("", False)


def test_what_was_seen_instead_is_what_comes_next_and_is_shown(conversation: Conversation) -> None:
    one = withheld(conversation)
    assert seen_instead(one.judgement) == ["Which day is missing?"]


def test_what_was_shown_before_is_not_instead(conversation: Conversation) -> None:
    one = withheld(conversation)
    late = Judgement.objects.create(**judged(one.turn))
    assert seen_instead(late) == []


def test_a_hint_and_a_call_are_seen_too_and_no_more_than_some(conversation: Conversation) -> None:
    one = withheld(conversation)
    call = {"type": "function_call", "name": "ask_prediction", "arguments": '{"call": "total(3)"}'}
    add(one.turn, 4, call, response_id="r2")
    output = {"type": "function_call_output", "output": "{}"}
    add(one.turn, 5, output)
    HintGiven.objects.create(
        conversation=conversation, number=5, step=STEP, level=1, text="Count them.", code_hash=""
    )
    add(one.turn, 6, said("More."), response_id="r3")
    assert seen_instead(one.judgement) == [
        "Which day is missing?", 'ask_prediction {"call": "total(3)"}', "Count them.",
    ]  # fmt: skip
    assert len(seen_instead(one.judgement)) == MAX_SEEN


def test_a_notice_to_the_model_is_not_seen_and_a_question_of_ours_is(
    conversation: Conversation,
) -> None:
    one = withheld(conversation)
    late = Judgement.objects.create(**judged(one.turn))
    notice = [{"type": "input_text", "text": '{"withheld": {"times": 1}}'}]
    add(one.turn, 4, {"type": "message", "role": "developer", "content": notice})
    ready = "What does your program give for one day?"
    add(one.turn, 5, {"type": "message", "role": "assistant", "content": ready})
    assert seen_instead(late) == [ready]
