"""The rules of a turn: the calls of the model, their runs and outputs. No database, no loop."""

import json
from typing import Any

import pytest

from tests.tutor.turn.events import (
    asking,
    call,
    finish,
    message,
    run,
    running,
    saved,
    statuses,
)
from tutor.protocol import frames
from tutor.protocol.actions import (
    AskModel,
    CancelRun,
    EndTurn,
    Save,
    Show,
    StartRun,
)
from tutor.protocol.calls import RunCall, run_name
from tutor.protocol.events import Ending, ModelFinished, ModelSteered, StudentStopped, Usage
from tutor.turn.rules import MAX_RUNS


def test_a_call_before_a_steered_end_is_not_told_without_its_output() -> None:
    turn = asking()
    items = ({"type": "reasoning"}, message("What "), call("call_1"))
    [save, *_] = turn.receive(ModelSteered(1, "resp_1", items, ("message-1",)))
    assert save == Save((message("What "),), "resp_1", usage=Usage())


def test_a_call_is_run_and_its_output_goes_back_to_the_model() -> None:
    turn = asking()
    actions = finish(turn, call("call_1", "print(2)"), first=5)
    assert [type(action) for action in actions] == [Save, Show, StartRun]
    assert actions[-1] == StartRun(RunCall(5, "call_1", "print(2)", ""))
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
    assert saved(turn.receive(run(1))) == []
    actions = turn.receive(run(3))
    assert statuses(actions) == ["ok", "error", "ok"]
    assert actions[-1] == AskModel(2)


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
    *early, last = [saved(turn.receive(run(item))) for item in range(1, MAX_RUNS + 1)]
    assert not any(early)
    assert [item["call_id"] for item in last] == [one["call_id"] for one in calls]
    assert json.loads(last[-1]["output"])["status"] == "error"


def test_a_turn_has_as_many_runs_as_site_and_course_allow() -> None:
    turn = asking()
    turn.max_runs = 1
    actions = finish(turn, call("call_0"), call("call_1"))
    assert sum(isinstance(action, StartRun) for action in actions) == 1


def test_stop_in_a_run_cancels_it_and_gives_its_call_an_output() -> None:
    turn = running(call("call_0"), call("call_0"), call("call_0"), call("call_0"))
    turn.receive(run(1))
    turn.receive(run(3, printed="3\n"))
    *cancelled, save, end = turn.receive(StudentStopped())
    assert cancelled == [CancelRun(run_name(2)), CancelRun(run_name(4))]
    outputs = [json.loads(item["output"]) for item in saved([save])]
    # What has ended is told as it was.
    assert [output.get("stdout") for output in outputs] == ["1\n", None, "3\n", None]
    assert end == EndTurn(Ending.STOPPED)
    assert saved(turn.receive(run(2, "cancelled"))) == []


def test_an_answer_cut_short_keeps_its_words_but_runs_nothing() -> None:
    items = (message("Half a"), call("call_1"))
    actions = asking().receive(ModelFinished(1, "resp_1", items, cut_short="max_output_tokens"))
    assert saved(actions) == [items[0]]
    assert isinstance(actions[-1], EndTurn)
    assert actions[-1].message
