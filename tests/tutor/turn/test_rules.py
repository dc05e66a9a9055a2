"""The rules of a turn: messages, answers, failures, Stop. No database, no loop."""

from typing import Any

import pytest

from tests.tutor.turn.events import SAID, asking, call, finish, message, run, running, saved, stored
from tutor.protocol import frames
from tutor.protocol.actions import (
    AskModel,
    BeginTurn,
    CancelRequest,
    EndTurn,
    RelayStop,
    ReopenTurn,
    Save,
    SaveUsage,
    SaveWaiting,
    Show,
    StartRun,
    SteerModel,
)
from tutor.protocol.events import (
    CallsStored,
    Ending,
    ModelFailed,
    ModelFinished,
    ModelQueued,
    ModelSlow,
    ModelSpoke,
    ModelSteered,
    ResponseKind,
    StudentRetried,
    StudentStopped,
    StudentWaits,
    TurnBegan,
    TurnLost,
    TurnTaken,
    Usage,
)
from tutor.turn.rules import MAX_REQUESTS, Phase, TurnMachine


def test_what_an_answer_cost_that_comes_too_late_is_stored_all_the_same() -> None:
    turn = asking()
    turn.receive(StudentStopped())
    late = ModelFinished(1, "resp_1", (message("Why?"),), usage=Usage(9, 3, 4))
    dropped = Usage(9, 3, 4, kind=ResponseKind.DROPPED)
    assert turn.receive(late) == [SaveUsage("resp_1", dropped)]


def test_an_answer_without_a_word_has_its_price_too() -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": []}
    actions = asking().receive(ModelFinished(1, "resp_1", (thought,), usage=Usage(9, 3, 4)))
    assert actions[0] == SaveUsage("resp_1", Usage(9, 3, 4, kind=ResponseKind.FAILED))
    assert actions[-1] == AskModel(2)


def test_a_message_begins_a_turn_and_the_model_is_asked_once_it_is_stored() -> None:
    turn = TurnMachine()
    assert turn.receive(SAID) == [BeginTurn(SAID)]
    assert turn.receive(TurnBegan(7)) == [
        Show(frames.TurnChanged(number=7, state="thinking")),
        AskModel(1),
    ]


def test_a_message_in_the_middle_of_an_answer_is_stored_and_then_told_to_the_model() -> None:
    turn = asking()
    assert turn.receive(SAID) == [BeginTurn(SAID)]
    waits = StudentWaits({"message-1": {"text": "Wait"}})
    assert turn.receive(waits) == [SteerModel(1, "message-1", {"text": "Wait"})]
    assert turn.receive(waits) == []  # it is told once


def test_a_steered_answer_is_saved_up_to_there_with_the_message_and_goes_on() -> None:
    turn = asking()
    turn.receive(StudentWaits({"message-1": {}, "message-2": {}}))
    turn.receive(ModelSpoke(1, "What "))
    said, thought = message("What "), {"type": "reasoning", "id": "rs_1"}
    steered = ModelSteered(1, "resp_1", (thought, said), ("message-1",), Usage(9, 3, 4))
    assert turn.receive(steered) == [
        Save((thought, said), "resp_1", usage=Usage(9, 3, 4)),
        SaveWaiting(("message-1",)),
        Show(frames.TurnChanged(number=7, state="thinking")),
    ]
    assert turn.receive(ModelSpoke(1, "Then ")) == [
        Show(frames.TurnChanged(number=7, state="speaking")),
        Show(frames.Delta(turn=7, request=1, seq=2, text="Then ")),
    ]
    # Only what was said since then is kept as the interrupted answer.
    assert saved(turn.receive(StudentStopped()))[0]["content"] == "Then "


def test_a_message_that_comes_during_a_run_is_told_with_its_output() -> None:
    turn = running()
    assert turn.receive(StudentWaits({"message-1": {}})) == []
    _, save, *rest = turn.receive(run(1))
    assert isinstance(save, Save)
    assert rest == [
        SaveWaiting(),
        Show(frames.TurnChanged(number=7, state="thinking")),
        AskModel(2),
    ]


def test_a_message_that_the_model_hears_before_the_outputs_is_saved_before_them() -> None:
    turn = asking()
    turn.receive(StudentWaits({"message-1": {}}))
    finished = ModelFinished(1, "resp_1", (call("call_1"),), delivered_ids=("message-1",))
    actions = turn.receive(finished)
    assert [type(action) for action in actions] == [Save, SaveWaiting]
    assert actions[1] == SaveWaiting(("message-1",))
    turn.receive(CallsStored(stored(call("call_1"))))
    assert SaveWaiting() not in turn.receive(run(1))


def test_an_answer_that_is_asked_for_again_hears_what_waits() -> None:
    turn = asking()
    turn.receive(StudentWaits({"message-1": {}}))
    actions = turn.receive(ModelFailed(1, "Lost", may_retry=True))
    assert actions[1:] == [
        SaveWaiting(),
        Show(frames.TurnChanged(number=7, state="thinking")),
        AskModel(2),
    ]


def test_what_still_waits_at_the_end_of_a_turn_waits_for_the_next() -> None:
    turn = asking()
    turn.receive(StudentWaits({"message-1": {}}))
    assert turn.receive(ModelFinished(1, "resp_1", (message("What?"),)))[-1] == EndTurn(Ending.DONE)
    assert list(turn.waiting) == ["message-1"]
    turn.receive(TurnTaken(8, ()))
    assert not turn.waiting


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("max_output_tokens", "too long"),
        ("max_messages", "too long"),
        ("content_filter", "filter"),
        ("news", "before it was complete"),
    ],
)
def test_an_answer_that_is_cut_short_says_why_it_stops(reason: str, why: str) -> None:
    finished = ModelFinished(1, "resp_1", (message("What "),), cut_short=reason)
    [save, end] = asking().receive(finished)
    assert save == Save((message("What "),), "resp_1", interrupted=True, usage=Usage())
    assert isinstance(end, EndTurn)
    assert why in end.message


def test_a_turn_that_is_lost_takes_back_what_it_has_shown() -> None:
    turn = asking()
    turn.receive(ModelSpoke(1, "What "))
    assert turn.receive(TurnLost()) == [
        Show(frames.Withdrawn(turn=7, request=1)),
        CancelRequest(1),
    ]


def test_who_waits_in_line_is_told_the_position() -> None:
    turn = asking()
    [show] = turn.receive(ModelQueued(1, 3))
    assert isinstance(show, Show)
    assert isinstance(show.frame, frames.TurnChanged)
    assert "number 3 in line" in show.frame.message
    assert turn.receive(ModelQueued(1, 0)) == [Show(frames.TurnChanged(number=7, state="thinking"))]


def test_what_the_model_says_is_shown_as_it_comes() -> None:
    turn = asking()
    assert turn.receive(ModelSpoke(1, "What ")) == [
        Show(frames.TurnChanged(number=7, state="speaking")),
        Show(frames.Delta(turn=7, request=1, seq=1, text="What ")),
    ]
    assert turn.receive(ModelSpoke(1, "if?")) == [
        Show(frames.Delta(turn=7, request=1, seq=2, text="if?"))
    ]


def test_an_answer_without_calls_is_saved_whole_and_ends_the_turn() -> None:
    answer = message("What if?")
    turn = asking()
    assert turn.receive(ModelFinished(1, "resp_1", (answer,), usage=Usage(9, 3, 4))) == [
        Save((answer,), "resp_1", usage=Usage(9, 3, 4)),
        EndTurn(Ending.DONE),
    ]
    assert turn.phase is Phase.IDLE


def test_a_turn_that_asks_without_end_fails_with_a_message() -> None:
    turn = asking()
    actions: list[Any] = []
    for request in range(1, MAX_REQUESTS + 1):
        actions = finish(turn, call("call_x", name="other"), request=request)
    assert isinstance(actions[-1], EndTurn)
    assert actions[-1].ending is Ending.FAILED
    assert actions[-1].message


def test_an_answer_that_breaks_off_is_withdrawn_and_asked_for_again_once() -> None:
    turn = asking()
    turn.receive(ModelSpoke(1, "What "))
    actions = turn.receive(ModelFailed(1, "The line broke.", may_retry=True))
    assert actions[0] == Show(frames.Withdrawn(turn=7, request=1))
    assert actions[-1] == AskModel(2)
    turn.receive(ModelSpoke(2, "What if?"))
    actions = turn.receive(ModelFailed(2, "The line broke.", may_retry=True))
    assert actions[-1] == EndTurn(Ending.FAILED, "The line broke.")


def test_a_failure_that_allows_no_retry_ends_the_turn_at_once() -> None:
    actions = asking().receive(ModelFailed(1, "No key.", may_retry=False))
    assert actions[-1] == EndTurn(Ending.FAILED, "No key.")


def test_a_busy_model_is_asked_again_when_it_says_so_and_the_student_knows() -> None:
    actions = asking().receive(ModelFailed(1, "Busy.", may_retry=True, retry_after_s=2.5))
    assert actions[-1] == AskModel(2, after_s=2.5)
    assert isinstance(actions[-2], Show)
    assert isinstance(actions[-2].frame, frames.TurnChanged)
    assert "3 s" in actions[-2].frame.message


def test_a_model_that_is_busy_for_long_is_not_waited_for() -> None:
    actions = asking().receive(ModelFailed(1, "Busy.", may_retry=True, retry_after_s=300))
    assert actions[-1] == EndTurn(Ending.FAILED, "Busy.")


def test_a_long_silence_is_told_and_the_turn_goes_on() -> None:
    turn = asking()
    [show] = turn.receive(ModelSlow(1))
    assert isinstance(show, Show)
    assert isinstance(show.frame, frames.TurnChanged)
    assert show.frame.message
    assert turn.phase is Phase.ASKING


def test_a_silence_in_mid_sentence_is_told_until_the_rest_comes() -> None:
    def told(event: ModelSlow | ModelSpoke) -> list[tuple[str, str]]:
        shown = [action.frame for action in turn.receive(event) if isinstance(action, Show)]
        return [(f.state, f.message) for f in shown if isinstance(f, frames.TurnChanged)]

    turn = asking()
    assert told(ModelSpoke(1, "What do you thi")) == [("speaking", "")]
    for more in ("nk", "?"):
        [(state, message)] = told(ModelSlow(1))
        assert (state, bool(message)) == ("speaking", True)
        assert told(ModelSpoke(1, more)) == [("speaking", "")]
        assert told(ModelSpoke(1, "!")) == []
    told(ModelSlow(1))
    turn.receive(ModelFailed(1, "Lost.", may_retry=True))
    assert told(ModelSpoke(2, "W")) == [("speaking", "")]
    assert told(ModelSpoke(2, "hy?")) == []


def test_try_again_takes_up_the_failed_turn_only_when_none_is_on() -> None:
    assert TurnMachine().receive(StudentRetried()) == [ReopenTurn()]
    assert asking().receive(StudentRetried()) == []


def test_an_answer_to_an_earlier_request_is_dropped() -> None:
    turn = asking()
    turn.receive(StudentStopped())
    turn.receive(TurnBegan(8))
    assert turn.receive(ModelSpoke(1, "late")) == []
    dropped = SaveUsage("resp_1", Usage(kind=ResponseKind.DROPPED))
    assert turn.receive(ModelFinished(1, "resp_1", (message("late"),))) == [dropped]
    assert turn.receive(ModelFailed(1, "late", may_retry=True)) == []


def test_stop_keeps_what_was_said_and_marks_it() -> None:
    turn = asking()
    turn.receive(ModelSpoke(1, "What "))
    drop, save, end = turn.receive(StudentStopped())
    assert drop == CancelRequest(1)
    assert isinstance(save, Save)
    assert save.interrupted
    assert save.payloads[0]["content"] == "What "
    assert end == EndTurn(Ending.STOPPED)


def test_stop_before_the_first_word_saves_nothing() -> None:
    assert asking().receive(StudentStopped()) == [CancelRequest(1), EndTurn(Ending.STOPPED)]


def test_stop_without_a_turn_of_ours_is_passed_on_once() -> None:
    assert TurnMachine().receive(StudentStopped()) == [RelayStop()]
    assert TurnMachine().receive(StudentStopped(relayed=True)) == []


def test_a_turn_left_behind_goes_on_where_it_was() -> None:
    assert TurnMachine().receive(TurnTaken(3, ()))[-1] == AskModel(1)
    actions = TurnMachine().receive(TurnTaken(3, stored(call("call_1"))))
    assert isinstance(actions[-1], StartRun)


def test_a_lost_turn_is_dropped_without_a_word_to_the_database() -> None:
    turn = asking()
    assert turn.receive(TurnLost())[1:] == [CancelRequest(1)]
    assert turn.phase is Phase.IDLE
    assert running().receive(TurnLost()) == []
