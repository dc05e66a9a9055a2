"""What a text of the tutor's is judged against, as the rows say it."""

from typing import Any

import pytest

from courses.facts import CodeStep, PredictStep
from sandbox.cases import Observation
from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.models.foundations import RIGHT, finish, keep
from tests.tutor.models.methodical import PROGRAM, STEP, calls, ends, say
from tests.tutor.models.test_views import tutors_run
from tutor.leaks.said import Channel, Said
from tutor.leaks.situation import Situation
from tutor.models import Conversation, Dialogue, StepRun, Workbook
from tutor.models.situations import MAX_CHARS, MAX_TEXTS, _newest, output_of, situations
from tutor.protocol import frames
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.events import Ending

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]


def step_of(conversation: Conversation) -> CodeStep:
    step = conversation.lesson.source().step(STEP)
    assert isinstance(step, CodeStep)
    return step


def here(conversation: Conversation) -> Situation:
    """The step that the student is at."""
    return situations(conversation)[0]


def answers(conversation: Conversation, begun: Any, *texts: str, withheld: int = -1) -> None:
    """The tutor says these, in one response each; that at place `withheld` is not shown."""
    for place, text in enumerate(texts):
        payload = {
            "type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": text}],
        }  # fmt: skip
        kept = frozenset({0}) if place == withheld else frozenset[int]()
        Dialogue(conversation).store(
            begun.fence, begun.turn, [Save((payload,), f"r{place}", withheld=kept)]
        )
    Dialogue(conversation).store(begun.fence, begun.turn, [EndTurn(Ending.DONE)])


def test_the_step_of_the_last_message_comes_first_and_others_stand_aside(
    conditions: Conversation,
) -> None:
    say(conditions, "message-1")
    assert [(one.step.id, one.aside) for one in situations(conditions)] == [(STEP, False)]
    ends(conditions, say_again(conditions, "message-2", "two-ifs"))
    first, second = situations(conditions)
    assert isinstance(first.step, PredictStep)
    assert (first.aside, first.programs) == (False, (first.step.program,))
    assert (second.step.id, second.aside, second.earlier) == (STEP, True, ())


def say_again(conversation: Conversation, name: str, step: str) -> Any:
    """A message once the turn before is over."""
    conversation.turns.update(state="done")
    conversation.fence, conversation.claimed_until = conversation.fence, None
    Conversation.objects.update(claimed_until=None)
    return say(conversation, name, code=None, step=step)


def test_a_step_with_nothing_to_solve_leaves_the_others(conditions: Conversation) -> None:
    say(conditions, "message-1", code=None, step="which-comparison")
    assert [(one.step.id, one.aside) for one in situations(conditions)] == [(STEP, True)]
    conditions.works.get_or_create(step=STEP)
    conditions.works.filter(step=STEP).update(done_at="2026-01-01T00:00Z")
    assert situations(conditions) == []


def test_a_message_that_waits_may_be_told_any_moment(conditions: Conversation) -> None:
    say(conditions, "message-1", code=None, step="two-ifs")
    say(conditions, "message-2", "Is it `elif`?")
    first, second = situations(conditions)
    assert [first.step.id, second.step.id] == ["two-ifs", STEP]
    assert not second.aside
    assert "Is it `elif`?" in second.known


def test_the_programs_are_the_editors_the_told_the_tried_and_the_first_one(
    conditions: Conversation,
) -> None:
    keep(conditions, STEP, "tried = 1\n")
    tried = frames.CheckCode(type="check_code", id="attempt-1", step=STEP, code="tried = 1\n",
                             base=1)  # fmt: skip
    Workbook(conditions).attempt(tried)
    finish(Run.objects.get(), *RIGHT[:3])
    say(conditions, "message-1", "Look:\nx = 1\nprint(x)\n", code="told = 1\n")
    keep(conditions, STEP, "editor = 1  # mine\n")
    expected = ("editor = 1  # mine\n", "told = 1\n", "tried = 1\n", step_of(conditions).starter)
    assert here(conditions).programs == expected
    # The same program in other clothes is the same one.
    keep(conditions, STEP, "told = 1 # again\n")
    assert here(conditions).programs == ("told = 1 # again\n", *expected[2:])


def test_a_program_in_the_chat_counts_while_the_editor_holds_the_starter(
    conditions: Conversation,
) -> None:
    starter = step_of(conditions).starter
    said = "My program:\n```python\nage = 7\nprice = 5\n```\nWhy?"
    say(conditions, "message-1", said, code=starter)
    assert here(conditions).programs == (starter, "age = 7\nprice = 5\n")
    keep(conditions, STEP, "age = 1\n")
    assert here(conditions).programs == ("age = 1\n", starter)


def test_known_is_the_task_and_what_the_student_said_in_this_step(
    conditions: Conversation,
) -> None:
    ends(conditions, say(conditions, "message-1", "Elsewhere.", None, "which-comparison"))
    say(conditions, "message-2", "Should I use `>=`?")
    step, known = step_of(conditions), here(conditions).known
    assert step.prompt in known
    assert step.visible[0].call in known
    assert "Should I use `>=`?" in known
    assert "Elsewhere." not in known
    hidden = {case.call for case in step.hidden} - {case.call for case in step.visible}
    assert not hidden & set(known)
    assert step.solution not in known


def test_earlier_is_all_that_was_shown_in_this_step_over_all_turns(
    conditions: Conversation,
) -> None:
    begun = say(conditions, "message-0", "Elsewhere.", None, "which-comparison")
    answers(conditions, begun, "Elsewhere, too.")
    answers(conditions, say(conditions, "message-1"), "First.", "Never seen.", withheld=1)
    begun = say(conditions, "message-2")
    ran = calls(conditions, begun, "execute_code", code="print(42)", calls=["price"], stdin="")
    calls(conditions, begun, "execute_code", code="print(1)", calls=[], stdin="")
    calls(conditions, begun, "ask_prediction", call="price + 1", question="What then?")
    tutors_run(conditions, "price", item=ran).finish(
        Result(Status.OK, observations=(Observation("value", {"type": "int", "repr": "5"}),))
    )
    shown = [
        Said(Channel.REPLY, "First."),
        Said(Channel.CODE, "print(42)"),
        Said(Channel.CALL, "price"),
        Said(Channel.OUTPUT, "5"),
        # The other program was not run.
        Said(Channel.CALL, "price + 1"),
        Said(Channel.REPLY, "What then?"),
    ]
    assert list(here(conditions).earlier) == shown
    for hidden in (StepRun.UNJUDGED, StepRun.WITHHELD):
        StepRun.objects.update(output=hidden)
        assert list(here(conditions).earlier) == [*shown[:3], *shown[4:]]


def test_a_hint_of_the_authors_is_known_and_counts_unless_it_is_the_last(
    conditions: Conversation,
) -> None:
    say(conditions, "message-1")
    last = max(hint.level for hint in step_of(conditions).hints)
    for level in (1, last):
        conditions.hints.create(
            number=level, step=STEP, level=level, text=f"hint {level}", code_hash=""
        )
    situation = here(conditions)
    assert {"hint 1", f"hint {last}"} <= set(situation.known)
    assert situation.earlier == (Said(Channel.REPLY, "hint 1"),)


def test_what_is_read_is_bounded(
    conditions: Conversation, django_assert_max_num_queries: Any
) -> None:
    begun = say(conditions, "message-1")
    answers(conditions, begun, *(f"answer {one}" for one in range(MAX_TEXTS + 5)))
    conversation = Conversation.objects.select_related("lesson__course").get()
    with django_assert_max_num_queries(6):
        situation = here(conversation)
    assert [one.text for one in situation.earlier] == [
        f"answer {one}" for one in range(5, MAX_TEXTS + 5)
    ]
    assert _newest(["a", "b" * (MAX_CHARS + 9)]) == ["b" * (MAX_CHARS - 1) + "…"]
    assert _newest(["a" * 9, "b" * (MAX_CHARS - 4)]) == ["aaa…", "b" * (MAX_CHARS - 4)]


def test_the_texts_of_files_that_a_run_left_are_output_too(conditions: Conversation) -> None:
    run = tutors_run(conditions)
    run.finish(Result(Status.OK, stdout="5\n", stderr="Warning\n"))
    run.left.create(name="notes.txt", kind="text/plain", size=3, data=b"x=1")
    assert output_of(run).split() == ["5", "Warning", "notes.txt", "x=1"]


def test_files_are_those_beside_the_program_as_the_student_has_them(
    conditions: Conversation,
) -> None:
    say(conditions, "message-1", code=PROGRAM)
    conditions.works.filter(step=STEP).update(files={"ages.txt": "7\n"})
    situation = here(conditions)
    assert dict(situation.files) == {"ages.txt": "7\n"}
    assert "7\n" in situation.known
