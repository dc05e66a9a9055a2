"""The rules of a turn. Events in, actions out: no database, no loop."""

import json
from typing import Any

import pytest

from tutor.protocol import frames
from tutor.protocol.actions import (
    AskModel,
    BeginTurn,
    CancelRun,
    DropModel,
    EndTurn,
    RelayStop,
    ReopenTurn,
    Save,
    SaveWaiting,
    Show,
    StartRun,
    SteerModel,
)
from tutor.protocol.events import (
    Call,
    CallsStored,
    Ending,
    ModelFailed,
    ModelFinished,
    ModelQueued,
    ModelSlow,
    ModelSpoke,
    ModelSteered,
    RunUpdated,
    StoredCall,
    StudentRetried,
    StudentSaid,
    StudentStopped,
    StudentWaits,
    TurnBegan,
    TurnLost,
    TurnTaken,
    Usage,
    run_name,
)
from tutor.turn.rules import MAX_REQUESTS, MAX_RUNS, Phase, TurnMachine

SAID = StudentSaid("message-1", "Why is it wrong?", "print(1)")


def message(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"text": text}]}


def call(call_id: str, code: str = "print(1)", name: str = "execute_code") -> dict[str, Any]:
    arguments = json.dumps({"code": code, "stdin": ""})
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def run(
    item: int, state: frames.RunState = "ok", by: Any = "tutor", printed: str = "1\n"
) -> RunUpdated:
    """What becomes of the run of the call in item number `item`."""
    output = (frames.Printed(stream="stdout", text=printed),)
    return RunUpdated(frames.RunView(id=run_name(item), by=by, code="", state=state, output=output))


def stored(*calls: dict[str, Any], first: int = 1) -> tuple[StoredCall, ...]:
    """The calls as they are in the database, in the items numbered from `first`."""
    return tuple(StoredCall(number, one) for number, one in enumerate(calls, first))


def finish(
    turn: TurnMachine, *calls: dict[str, Any], request: int = 1, first: int = 1
) -> list[Any]:
    """What is done about a response with these calls: first it is stored, then they are run."""
    actions: list[Any] = turn.receive(ModelFinished(request, "resp_1", calls))
    return actions + turn.receive(CallsStored(stored(*calls, first=first)))


def asking() -> TurnMachine:
    turn = TurnMachine()
    turn.receive(TurnBegan(7))
    return turn


def running(*calls: dict[str, Any]) -> TurnMachine:
    turn = asking()
    finish(turn, *(calls or (call("call_1"),)))
    return turn


def saved(actions: list[Any]) -> list[dict[str, Any]]:
    return [item for action in actions if isinstance(action, Save) for item in action.payloads]


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
        Show(frames.Delta(turn=7, request=1, text="Then ")),
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
        DropModel(1),
    ]


def test_a_call_before_a_steered_end_is_not_told_without_its_output() -> None:
    turn = asking()
    items = ({"type": "reasoning"}, message("What "), call("call_1"))
    [save, *_] = turn.receive(ModelSteered(1, "resp_1", items, ("message-1",)))
    assert save == Save((message("What "),), "resp_1", usage=Usage())


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
        Show(frames.Delta(turn=7, request=1, text="What ")),
    ]
    assert turn.receive(ModelSpoke(1, "if?")) == [Show(frames.Delta(turn=7, request=1, text="if?"))]


def test_an_answer_without_calls_is_saved_whole_and_ends_the_turn() -> None:
    answer = message("What if?")
    turn = asking()
    assert turn.receive(ModelFinished(1, "resp_1", (answer,), usage=Usage(9, 3, 4))) == [
        Save((answer,), "resp_1", usage=Usage(9, 3, 4)),
        EndTurn(Ending.DONE),
    ]
    assert turn.phase is Phase.IDLE


def test_a_call_is_run_and_its_output_goes_back_to_the_model() -> None:
    turn = asking()
    actions = finish(turn, call("call_1", "print(2)"), first=5)
    assert [type(action) for action in actions] == [Save, Show, StartRun]
    assert actions[-1] == StartRun(Call(5, "call_1", "print(2)", ""))
    assert saved(turn.receive(run(5, "running"))) == []
    actions = turn.receive(run(5))
    [output] = saved(actions)
    assert output["call_id"] == "call_1"
    assert json.loads(output["output"])["stdout"] == "1\n"
    assert actions[-1] == AskModel(2)


def test_parallel_calls_are_all_started_and_the_model_is_asked_after_the_last_output() -> None:
    turn = asking()
    actions = finish(turn, call("call_1"), call("call_2"))
    assert [action.call.item for action in actions if isinstance(action, StartRun)] == [1, 2]
    assert AskModel(2) not in turn.receive(run(1))
    assert AskModel(2) in turn.receive(run(2))


def test_a_run_that_ends_early_waits_for_the_output_of_the_call_before_it() -> None:
    turn = running(call("call_1"), call("call_2"), call("call_3"))
    assert saved(turn.receive(run(3))) == []
    assert saved(turn.receive(run(2))) == []
    actions = turn.receive(run(1))
    assert [item["call_id"] for item in saved(actions)] == ["call_1", "call_2", "call_3"]
    assert actions[-1] == AskModel(2)


def test_calls_of_one_id_are_run_each_and_answered_in_their_order() -> None:
    turn = asking()
    actions = finish(turn, call("call_0", "print(1)"), call("call_0", "print(2)"))
    runs = [action.call.code for action in actions if isinstance(action, StartRun)]
    assert runs == ["print(1)", "print(2)"]
    assert saved(turn.receive(run(2, printed="2\n"))) == []
    outputs = saved(turn.receive(run(1, printed="1\n")))
    assert [json.loads(item["output"])["stdout"] for item in outputs] == ["1\n", "2\n"]
    actions = finish(turn, call("call_0", "print(3)"), request=2, first=5)
    assert isinstance(actions[-1], StartRun)
    assert saved(turn.receive(run(1, printed="1\n"))) == []  # told again: it is answered
    [output] = saved(turn.receive(run(5, printed="3\n")))
    assert output["call_id"] == "call_0"
    assert json.loads(output["output"])["stdout"] == "3\n"


def test_a_refusal_waits_for_the_outputs_of_the_calls_before_it() -> None:
    turn = asking()
    actions = finish(turn, call("call_0"), call("call_0", name="other"), call("call_0"))
    assert saved(actions[1:]) == []
    statuses = [json.loads(item["output"])["status"] for item in saved(turn.receive(run(1)))]
    assert statuses == ["ok", "error"]
    assert turn.receive(run(3))[-1] == AskModel(2)


def test_a_call_id_goes_back_as_it_came() -> None:
    long = "ü{}:\n" * 1_000
    [output] = saved(running(call(long)).receive(run(1)))
    assert output["call_id"] == long


@pytest.mark.parametrize(
    "item",
    [
        call("call_1", name="delete_everything"),
        {**call("call_1"), "arguments": "{not json"},
        {**call("call_1"), "arguments": '{"code": 1, "stdin": ""}'},
        {**call("call_1"), "arguments": '{"code": "print(1)"}'},
    ],
)
def test_a_call_that_cannot_be_run_is_answered_with_its_error(item: dict[str, Any]) -> None:
    actions = finish(asking(), item)
    assert not any(isinstance(action, StartRun) for action in actions)
    output = saved(actions)[-1]
    assert output["type"] == "function_call_output"
    assert json.loads(output["output"])["status"] == "error"
    assert actions[-1] == AskModel(2)


def test_a_run_of_the_students_own_never_answers_a_call_of_the_tutors() -> None:
    assert saved(running().receive(run(1, by="student"))) == []


def test_too_many_runs_in_one_turn_are_refused() -> None:
    calls = tuple(call(f"call_{n}") for n in range(MAX_RUNS + 1))
    turn = asking()
    actions = finish(turn, *calls)
    assert sum(isinstance(action, StartRun) for action in actions) == MAX_RUNS
    shown = [action.frame for action in actions if isinstance(action, Show)]
    [refused] = [frame.run for frame in shown if isinstance(frame, frames.RunChanged)]
    assert (refused.id, refused.state) == (run_name(MAX_RUNS + 1), "unavailable")
    assert refused.message.startswith("This program was not run: ")
    outputs = [saved(turn.receive(run(item))) for item in range(1, MAX_RUNS + 1)]
    assert outputs[-1][-1]["call_id"] == f"call_{MAX_RUNS}"
    assert json.loads(outputs[-1][-1]["output"])["status"] == "error"


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


def test_try_again_takes_up_the_failed_turn_only_when_none_is_on() -> None:
    assert TurnMachine().receive(StudentRetried()) == [ReopenTurn()]
    assert asking().receive(StudentRetried()) == []


def test_an_answer_to_an_earlier_request_is_dropped() -> None:
    turn = asking()
    turn.receive(StudentStopped())
    turn.receive(TurnBegan(8))
    assert turn.receive(ModelSpoke(1, "late")) == []
    assert turn.receive(ModelFinished(1, "resp_1", (message("late"),))) == []
    assert turn.receive(ModelFailed(1, "late", may_retry=True)) == []


def test_stop_keeps_what_was_said_and_marks_it() -> None:
    turn = asking()
    turn.receive(ModelSpoke(1, "What "))
    drop, save, end = turn.receive(StudentStopped())
    assert drop == DropModel(1)
    assert isinstance(save, Save)
    assert save.interrupted
    assert save.payloads[0]["content"] == "What "
    assert end == EndTurn(Ending.STOPPED)


def test_stop_before_the_first_word_saves_nothing() -> None:
    assert asking().receive(StudentStopped()) == [DropModel(1), EndTurn(Ending.STOPPED)]


def test_stop_in_a_run_cancels_it_and_gives_its_call_an_output() -> None:
    turn = running(call("call_0"), call("call_0"), call("call_0"), call("call_0"))
    assert saved(turn.receive(run(1))) != []
    turn.receive(run(3, printed="3\n"))
    *cancelled, save, end = turn.receive(StudentStopped())
    assert cancelled == [CancelRun(run_name(2)), CancelRun(run_name(4))]
    outputs = [json.loads(item["output"]) for item in saved([save])]
    # What has ended is told as it was.
    assert [output.get("stdout") for output in outputs] == [None, "3\n", None]
    assert end == EndTurn(Ending.STOPPED)
    assert saved(turn.receive(run(2, "cancelled"))) == []


def test_stop_without_a_turn_of_ours_is_passed_on_once() -> None:
    assert TurnMachine().receive(StudentStopped()) == [RelayStop()]
    assert TurnMachine().receive(StudentStopped(relayed=True)) == []


def test_an_answer_cut_short_keeps_its_words_but_runs_nothing() -> None:
    items = (message("Half a"), call("call_1"))
    actions = asking().receive(ModelFinished(1, "resp_1", items, cut_short="max_output_tokens"))
    assert saved(actions) == [items[0]]
    assert isinstance(actions[-1], EndTurn)
    assert actions[-1].message


def test_a_turn_left_behind_goes_on_where_it_was() -> None:
    assert TurnMachine().receive(TurnTaken(3, ()))[-1] == AskModel(1)
    actions = TurnMachine().receive(TurnTaken(3, stored(call("call_1"))))
    assert isinstance(actions[-1], StartRun)


def test_a_lost_turn_is_dropped_without_a_word_to_the_database() -> None:
    turn = asking()
    assert turn.receive(TurnLost())[1:] == [DropModel(1)]
    assert turn.phase is Phase.IDLE
    assert running().receive(TurnLost()) == []
