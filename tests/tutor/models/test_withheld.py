"""What stands in the dialogue in place of answers that were withheld."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox.models import Run
from tests.tutor.models.foundations import RIGHT, finish, keep
from tests.tutor.models.methodical import PROGRAM, STEP, ends, facts_in, ran, report, say
from tests.tutor.models.test_situations import say_again
from tutor.method.facts import is_withheld_notice
from tutor.method.ready_questions import QUESTIONS
from tutor.models import Conversation, Dialogue, Item, StoredContext, Workbook, tutor_text
from tutor.protocol import frames
from tutor.protocol.actions import EndTurn, Save
from tutor.protocol.events import Ending
from tutor.protocol.gate import SaveReady, SaveWithheld

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]

LEAK = {"type": "message", "role": "assistant", "content": "Use `elif`."}
CALL = {"type": "function_call", "call_id": "c", "name": "execute_code", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c", "output": "{}"}


def judged(conversation: Conversation, begun: Any, mended: str, **more: Any) -> None:
    """What the gate has found in the answer of a turn."""
    facts = {"step": STEP, "verdict": "leak", "held_back": True} | more
    conversation.judgements.create(
        turn=begun.turn, channel="reply", mended=mended, code_hash="", gate_version=1, **facts
    )


def stores(conversation: Conversation, begun: Any, *actions: Any) -> list[Item]:
    return Dialogue(conversation).store(begun.fence, begun.turn, actions)


def notice(conversation: Conversation, begun: Any) -> dict[str, Any]:
    [item] = stores(conversation, begun, SaveWithheld())
    assert is_withheld_notice(item.payload)
    told = facts_in(item.payload)
    assert told["facts"]["step"] == STEP
    found: dict[str, Any] = told["withheld"]
    return found


def checked(conversation: Conversation, *prices: int) -> None:
    tried = frames.CheckCode(type="check_code", id="attempt-1", step=STEP, code=PROGRAM,
                             base=conversation.works.get(step=STEP).revision)  # fmt: skip
    Workbook(conversation).attempt(tried)
    finish(Run.objects.get(key__endswith=":check:attempt-1"), *prices)
    Workbook(conversation).views()


def shown(conversation: Conversation) -> list[Any]:
    return Dialogue(conversation).shown()


# Told to the model, and to nobody else


def test_what_is_withheld_is_told_to_the_model_and_shown_to_nobody(
    conditions: Conversation,
) -> None:
    begun = say(conditions, "message-1")
    judged(conditions, begun, PROGRAM.replace("5", "9"))
    reasoning = {"type": "reasoning", "summary": []}
    kept = Save((reasoning, LEAK, CALL), "r1", withheld=frozenset({0, 1, 2}))
    output = Save((OUTPUT,), withheld=frozenset({0}))
    items = stores(conditions, begun, kept, output, SaveWithheld())
    assert [item.withheld for item in items] == [True, True, True, True, False]
    assert Dialogue(conditions).views_of(items) == [None] * 5
    assert [item.kind for item in shown(conditions)] == ["student"]
    told = StoredContext(conditions).payloads()
    assert told[-5:-1] == [reasoning, LEAK, CALL, OUTPUT]
    assert is_withheld_notice(told[-1])


def test_a_withheld_call_shows_no_run(conditions: Conversation) -> None:
    begun = say(conditions, "message-1")
    call = CALL | {"arguments": '{"code": "print(1)", "calls": [], "stdin": ""}'}
    stores(conditions, begun, Save((call,), "r1", withheld=frozenset({0})))
    assert [item.kind for item in shown(conditions)] == ["student"]
    stores(conditions, begun, Save((call,), "r2"))
    assert [item.kind for item in shown(conditions)] == ["student", "run"]


# What may be asked instead


def test_a_notice_counts_and_names_the_line_that_was_mended(conditions: Conversation) -> None:
    begun = say(conditions, "message-1")
    judged(conditions, begun, PROGRAM.replace("5", "9"))
    told = notice(conditions, begun)
    assert told == {"times": 1, "because": "it would solve the step", "line": 2}
    assert notice(conditions, begun)["times"] == 2


def test_without_a_line_a_case_that_failed_is_named(conditions: Conversation) -> None:
    keep(conditions, STEP, PROGRAM)
    checked(conditions, 1, *RIGHT[1:])
    begun = say(conditions, "message-1")
    expected = {"times": 1, "because": "it would solve the step"}
    # Judged without a sandbox: no program is known.
    judged(conditions, begun, "")
    told = notice(conditions, begun)
    assert told == expected | {"failed": "price with the input 4"}


@pytest.mark.parametrize(
    "more", [{"step": "another"}, {"held_back": False}, {"verdict": "partial"}]
)
def test_a_line_is_named_only_of_what_was_held_back_here(
    conditions: Conversation, more: dict[str, Any]
) -> None:
    begun = say(conditions, "message-1")
    judged(conditions, begun, PROGRAM.replace("5", "9"), **more)
    assert notice(conditions, begun) == {"times": 1, "because": "it would solve the step"}


def test_nothing_of_the_solution_is_told(conditions: Conversation) -> None:
    begun = say(conditions, "message-1")
    mended = PROGRAM.replace("price = 5", "price = secret_name(9)")
    judged(conditions, begun, mended, text="Use secret_name")
    [item] = stores(conditions, begun, SaveWithheld())
    assert "secret_name" not in str(item.payload)


# Asked in place of the model


def ready(conversation: Conversation, begun: Any) -> Item:
    [item] = stores(conversation, begun, SaveReady(), EndTurn(Ending.DONE))
    return item


def test_a_hint_that_may_be_given_is_given_and_counts(conditions: Conversation) -> None:
    keep(conditions, STEP, PROGRAM)
    ran(conditions, "my-run-1", PROGRAM)
    item = ready(conditions, say(conditions, "message-1"))
    [hint] = conditions.hints.all()
    assert (hint.number, hint.level, hint.client_id) == (item.number, 1, "")
    told = facts_in(item.payload)
    assert (told["hint"]["asked_by"], told["facts"]["hints"]["given"]) == ("server", 1)
    view = shown(conditions)[-1]
    assert (view.kind, view.text, view.asked) == ("hint", hint.text, False)
    assert not view.stale


def test_the_last_hint_is_left_to_the_student(conditions: Conversation) -> None:
    keep(conditions, STEP, PROGRAM)
    ran(conditions, "my-run-1", PROGRAM)
    ago = conditions.works.get(step=STEP).begun_at - timedelta(minutes=5)
    for level in (1, 2):
        conditions.hints.create(number=level, step=STEP, level=level, text="x", code_hash="")
    conditions.hints.update(created_at=ago)
    conditions.works.filter(step=STEP).update(attempts=3)
    for number in (1, 2, 3):
        conditions.attempts.create(
            step=STEP, client_id=f"attempt-{number}", answer={"code": f"{number}"}, state="judged",
            number=number, code_hash=f"{number}",
        )  # fmt: skip
    item = ready(conditions, say(conditions, "message-1"))
    assert tutor_text(item.payload) == QUESTIONS["plan"]
    assert conditions.hints.count() == 2


def test_else_a_question_of_ours_is_asked_never_the_same_twice_in_a_row(
    conditions: Conversation,
) -> None:
    begun = say(conditions, "message-1")
    judged(conditions, begun, PROGRAM.replace("5", "9"))
    first = ready(conditions, begun)
    assert (first.kind, first.withheld, first.interrupted) == ("tutor", False, False)
    assert "line 2" in tutor_text(first.payload)
    assert shown(conditions)[-1].text == tutor_text(first.payload)
    # What the student stopped is none of ours.
    begun = say(conditions, "message-2")
    stores(conditions, begun, Save((LEAK,), interrupted=True))
    judged(conditions, begun, PROGRAM.replace("5", "9"))
    second = ready(conditions, begun)
    assert tutor_text(second.payload) == QUESTIONS["plan"]
    # In another step it begins anew.
    other = say_again(conditions, "message-3", "two-ifs")
    assert tutor_text(ready(conditions, other).payload) == QUESTIONS["read"]


def test_the_next_request_holds_the_question(conditions: Conversation) -> None:
    item = ready(conditions, say(conditions, "message-1"))
    assert StoredContext(conditions).payloads()[-1] == item.payload
    assert report({"output": "{}"}) == {}
    ends(conditions, say(conditions, "message-2"))
