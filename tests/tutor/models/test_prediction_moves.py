"""Predictions in the rows: asked, answered and compared once; the test is model and sandbox."""

import pytest

from sandbox.job import Result, Status
from sandbox.models import Run
from tests.tutor.models.foundations import check, keep
from tests.tutor.models.methodical import (
    PROGRAM,
    STEP,
    answer,
    asks,
    ends,
    facts_in,
    gives,
    raises,
    report,
    say,
)
from tutor.method.program_hash import program_hash
from tutor.models import (
    Conversation,
    Dialogue,
    MessageQueued,
    Moves,
    NotAllowed,
    Prediction,
    StepRun,
    TurnStarted,
)
from tutor.models.prediction_moves import PredictionMoves
from tutor.protocol import frames
from tutor.protocol.calls import PredictionCall

OTHER = f"{PROGRAM}x = 2\n"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_runs_by_itself")]


def shown(conversation: Conversation) -> frames.PredictionView:
    """The last prediction as a page shows it."""
    items = [one for one in Dialogue(conversation).shown() if one.kind == "prediction"]
    assert isinstance(items[-1], frames.PredictionItem)
    return items[-1].prediction


def test_a_prediction_is_asked_once_for_its_call_and_shown_at_the_output(
    conditions: Conversation,
) -> None:
    number, output = asks(conditions, "message-1")
    assert report(output) == {"status": "asked", "item": number}
    again = Moves(conditions).make(PredictionCall(number, "c", "price", "What is it?"))
    assert again == output
    asked = Prediction.objects.get()
    assert (asked.number, asked.code, asked.step, asked.turn.number) == (number, PROGRAM, STEP, 1)
    [item] = [one for one in Dialogue(conditions).shown() if one.kind == "prediction"]
    assert item.number == number + 1
    assert shown(conditions).model_dump() == {
        "number": number, "step": STEP, "call": "price", "question": "What is it?",
        "state": "open", "said": "", "gave": "", "stale": False, "message": "",
    }  # fmt: skip


def test_an_answer_is_stored_with_the_message_and_the_run_and_waits_for_the_comparison(
    conditions: Conversation,
) -> None:
    number, _ = asks(conditions, "message-1")
    view = answer(conditions, number, "4")
    assert (view.state, view.said, view.gave) == ("comparing", "4", "")
    run = Run.objects.get()
    assert (run.origin, run.code, run.cases) == (
        "tutor",
        PROGRAM,
        [{"call": "price", "stdin": "4\n"}],
    )
    assert run.key.endswith(f":tutor:prediction.{number}")
    assert Dialogue(conditions).take_over() is None
    gives(run, 5)
    compared = Moves(conditions).record_prediction(run)
    assert compared
    assert (compared.state, compared.said, compared.gave) == ("wrong", "4", "5")
    begun = Dialogue(conditions).take_over()
    assert begun
    facts, message = begun.items
    assert message.client_id == "answer-01"
    assert [part["text"] for part in message.payload["content"]] == ["4"]
    told = facts_in(facts.payload)["facts"]
    assert told["state"] == "surprised"
    assert told["prediction"]["said"] == "4"
    assert told["prediction"]["gave"] == "5"
    assert told["prediction"]["state"] == "wrong"


def test_an_answer_sent_twice_counts_once_and_another_one_is_refused(
    conditions: Conversation,
) -> None:
    number, _ = asks(conditions, "message-1")
    first = answer(conditions, number, "5")
    assert answer(conditions, number, "6") == first
    with pytest.raises(NotAllowed, match="answered already"):
        answer(conditions, number, "5", "answer-02")
    with pytest.raises(NotAllowed, match="no such question"):
        answer(conditions, number + 1, "5", "answer-02")
    assert (Run.objects.count(), conditions.waiting.count()) == (1, 1)
    gives(Run.objects.get(), 5)
    for _ in range(2):
        view = Moves(conditions).record_prediction(Run.objects.get())
        assert view
        assert view.state == "right"
    assert answer(conditions, number, "6").state == "right"


def test_an_answer_of_a_message_s_id_is_refused(conditions: Conversation) -> None:
    number, _ = asks(conditions, "message-1")
    with pytest.raises(NotAllowed, match="under this name"):
        answer(conditions, number, "5", "message-1")


def test_who_does_not_know_is_shown_what_comes(conditions: Conversation) -> None:
    number, _ = asks(conditions, "message-1", "1 // 0")
    answer(conditions, number, None)
    raises(Run.objects.get(), "ZeroDivisionError", "division by zero")
    view = Moves(conditions).record_prediction(Run.objects.get())
    assert view
    assert (view.state, view.said) == ("none", "")
    assert view.gave == "raises ZeroDivisionError: division by zero"
    [waiting] = conditions.waiting.all()
    assert waiting.payload["content"][0]["text"] == "I don't know."


def test_a_bare_value_in_the_chat_is_the_answer(conditions: Conversation) -> None:
    number, _ = asks(conditions, "message-1")
    queued = say(conditions, "message-2", "5")
    assert isinstance(queued, MessageQueued)
    assert queued.written
    assert queued.prediction
    assert (queued.prediction.number, queued.prediction.state) == (number, "comparing")
    assert say(conditions, "message-2", "5") == MessageQueued()
    assert Prediction.objects.get().client_id == "message-2"
    # What comes next is a message.
    assert isinstance(say(conditions, "message-3", "5"), TurnStarted)


def test_what_came_of_an_answer_is_told_also_beside_a_message_about_another_step(
    conditions: Conversation,
) -> None:
    number, _ = asks(conditions, "message-1")
    answer(conditions, number, "4")
    gives(Run.objects.get(), 5)
    assert Moves(conditions).record_prediction(Run.objects.get())
    begun = say(conditions, "message-2", code=None, step="which-comparison")
    *told, answered, asked = begun.items
    assert [answered.client_id, asked.client_id] == ["answer-01", "message-2"]
    steps = {facts["step"]: facts for facts in (facts_in(one.payload)["facts"] for one in told)}
    assert list(steps) == [STEP, "which-comparison"]
    assert steps[STEP]["prediction"]["gave"] == "5"


def test_an_answer_is_not_told_to_the_model_in_the_middle_of_what_it_says(
    conditions: Conversation,
) -> None:
    number, _ = asks(conditions, "message-1")
    begun = say(conditions, "message-2", "What do you mean?")
    answer(conditions, number, "4")
    gives(Run.objects.get(), 5)
    assert Moves(conditions).record_prediction(Run.objects.get())
    say(conditions, "message-3", "Well?")
    renewed = Dialogue(conditions).renew_lease(begun.fence, begun.turn)
    assert [one.client_id for one in renewed.waiting] == ["answer-01", "message-3"]
    assert [one.client_id for one in renewed.ready] == ["message-3"]


@pytest.mark.parametrize("what", ["run", "check", "elsewhere"])
def test_no_question_is_asked_while_a_run_is_on_that_may_show_the_answer(
    conditions: Conversation, what: str
) -> None:
    match what:
        case "run":
            runs(conditions, "age = 1\n", STEP)
        case "check":
            check(conditions, "age = 1\n")
        case "elsewhere":
            runs(conditions, PROGRAM, "which-comparison")
    _, output = asks(conditions, "message-1")
    assert report(output)["status"] == "refused"
    Run.objects.get().finish(Result(Status.OK))
    _, output = asks(conditions, "message-2")
    assert report(output)["status"] == "asked"


def runs(conversation: Conversation, code: str, step: str) -> None:
    """A program of the student's is on."""
    run = conversation.request_run("student", "run-00001", code, files={})
    StepRun.objects.create(
        run=run, conversation=conversation, step=step, code_hash=program_hash(code, {}, "python")
    )


def test_a_message_brings_its_program_if_an_older_one_may_yet_be_told_before_it(
    conditions: Conversation,
) -> None:
    number, _ = asks(conditions, "message-1")
    begun = say(conditions, "message-2", "What do you mean?", code=None)
    keep(conditions, STEP, OTHER)
    answer(conditions, number, "4")
    keep(conditions, STEP, PROGRAM)
    say(conditions, "message-3", "And now?", code=None)
    gives(Run.objects.get(), 5)
    assert Moves(conditions).record_prediction(Run.objects.get())
    ends(conditions, begun)
    taken = Dialogue(conditions).take_over()
    assert taken
    assert [one.client_id for one in taken.items] == ["", "answer-01", "message-3"]
    assert Dialogue(conditions).told_program() == PROGRAM


def test_words_are_no_answer(conditions: Conversation) -> None:
    asks(conditions, "message-1")
    assert isinstance(say(conditions, "message-2", "Is it 5?"), TurnStarted)
    assert Prediction.objects.get().is_open


def test_another_is_asked_only_after_the_student_has_said_something_about_a_surprise(
    conditions: Conversation,
) -> None:
    number, _ = asks(conditions, "message-1")
    answer(conditions, number, "4")
    gives(Run.objects.get(), 5)
    Moves(conditions).record_prediction(Run.objects.get())
    begun = Dialogue(conditions).take_over()
    assert begun
    assert begun.fence
    refused = Moves(conditions).make(PredictionCall(begun.items[-1].number, "c", "age", "And?"))
    assert report(refused)["status"] == "refused"
    conditions.turns.update(state="done")
    conditions.release(begun.fence)
    assert report(asks(conditions, "message-2", "age")[1])["status"] == "asked"


def test_it_is_compared_with_the_program_that_it_was_asked_about(conditions: Conversation) -> None:
    number, _ = asks(conditions, "message-1")
    keep(conditions, STEP, "price = 99\n")
    assert shown(conditions).stale
    assert answer(conditions, number, "5").stale
    run = Run.objects.get()
    assert run.code == PROGRAM
    gives(run, 5)
    Moves(conditions).record_prediction(run)
    begun = Dialogue(conditions).take_over()
    assert begun
    facts, message = begun.items
    assert facts_in(facts.payload)["facts"]["prediction"]["program_changed"] is True
    # The model is told the program that it does not know.
    assert "price = 99" in message.payload["content"][1]["text"]
    keep(conditions, STEP, f"# the same\n{PROGRAM}")
    assert not shown(conditions).stale


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (Status.UNAVAILABLE, "Code cannot be run."),
        (Status.SANDBOX_ERROR, "The sandbox failed."),
        (Status.CANCELLED, "Stopped."),
        (Status.ERROR, "The program is too long."),
    ],
)
def test_a_run_that_came_to_nothing_is_told_and_the_dialogue_goes_on(
    conditions: Conversation, status: Status, why: str
) -> None:
    number, _ = asks(conditions, "message-1")
    answer(conditions, number, "5")
    run = Run.objects.get()
    run.finish(Result(status, message=why))
    view = Moves(conditions).record_prediction(run)
    assert view
    assert (view.state, view.message, view.gave) == ("not_run", why, "")
    assert Dialogue(conditions).take_over()


def test_a_run_that_was_deleted_or_whose_end_nobody_heard_of_keeps_nobody_waiting(
    conditions: Conversation,
) -> None:
    number, _ = asks(conditions, "message-1")
    answer(conditions, number, "5")
    assert [one.number for one in PredictionMoves(conditions).settle()] == [number]
    Run.objects.all().delete()
    assert Dialogue(conditions).take_over()
    assert shown(conditions).state == "not_run"
    assert shown(conditions).message == "It could not be run."
    assert not PredictionMoves(conditions).settle()


def test_the_end_of_another_run_is_no_comparison(conditions: Conversation) -> None:
    run = conditions.request_run("tutor", "call.1", "1", files={})
    gives(run, 5)
    assert Moves(conditions).record_prediction(run) is None
