"""The rules of a turn: several calls in a response, moves and their refusals, facts, Stop."""

import json
from itertools import permutations
from typing import Any

import pytest

from tests.tutor.turn.events import (
    ASK,
    GRANTED,
    HINT,
    MOVES,
    OFFER,
    asking,
    call,
    finish,
    made,
    message,
    refused,
    run,
    running,
    saved,
    statuses,
    stored,
    tool,
)
from tutor.protocol import frames
from tutor.protocol.actions import (
    AskModel,
    BeginTurn,
    CancelRun,
    EndTurn,
    MakeMove,
    Save,
    SaveFacts,
    SaveWaiting,
    Show,
    StartRun,
    Stored,
)
from tutor.protocol.calls import run_name
from tutor.protocol.events import (
    CallsStored,
    Ending,
    ModelFailed,
    ModelFinished,
    ModelSteered,
    StudentAskedHint,
    StudentStopped,
    StudentWaits,
    TurnLost,
    TurnTaken,
)
from tutor.turn.rules import MAX_REQUESTS, Phase, TurnMachine

RUN = call("call_0")
BROKEN = tool("ask_prediction", call=1, question="What?")
UNKNOWN = tool("set_mastery", level=1)


def names(calls: tuple[dict[str, Any], ...]) -> str:
    return "-".join(call["name"] for call in calls)


def orders(actions: list[Any]) -> list[Any]:
    return [action.call.item for action in actions if isinstance(action, MakeMove | StartRun)]


def shown_runs(actions: list[Any]) -> list[frames.RunView]:
    shown = [action.frame for action in actions if isinstance(action, Show)]
    return [frame.run for frame in shown if isinstance(frame, frames.RunChanged)]


# One move


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move["name"])
@pytest.mark.parametrize("says", [(), (message("Look here."),)], ids=["mute", "speaking"])
def test_a_move_that_is_granted_ends_the_turn_with_its_output(
    move: dict[str, Any], says: tuple[Any, ...]
) -> None:
    turn = asking()
    turn.receive(ModelFinished(1, "resp_1", (*says, move)))
    [order] = turn.receive(CallsStored(stored(move)))
    assert isinstance(order, MakeMove)
    actions = turn.receive(made(1, GRANTED[move["name"]]))
    assert [type(action) for action in actions] == [Save, EndTurn]
    assert all(isinstance(action, Stored) for action in actions), "not one transaction"
    assert actions[-1] == EndTurn(Ending.DONE)
    assert turn.phase is Phase.IDLE


@pytest.mark.parametrize("status", ["refused", "write", "error"])
def test_after_a_move_that_leaves_something_to_say_the_model_is_asked(status: str) -> None:
    turn = running(HINT)
    actions = turn.receive(made(1, status))
    assert statuses(actions) == [status]
    assert actions[-1] == AskModel(2)


def test_a_model_that_never_heeds_a_refusal_is_not_asked_for_ever() -> None:
    turn = asking()
    actions: list[Any] = []
    for request in range(1, MAX_REQUESTS + 1):
        finish(turn, HINT, request=request, first=request)
        actions = turn.receive(made(request, "write" if request % 2 else "refused"))
    assert isinstance(actions[-1], EndTurn)
    assert actions[-1].ending is Ending.FAILED


def test_messages_that_wait_when_a_move_ends_the_turn_begin_the_next() -> None:
    turn = running(ASK)
    assert turn.receive(StudentWaits({"message-1": {}})) == []
    actions = turn.receive(made(1, "asked"))
    assert [type(action) for action in actions] == [Save, EndTurn]
    assert list(turn.waiting) == ["message-1"]


def test_what_is_told_late_or_twice_of_a_move_changes_nothing() -> None:
    turn = running(ASK, RUN)
    turn.receive(made(1, "refused"))
    assert turn.phase is Phase.ASKING
    assert turn.receive(made(1, "asked")) == []
    assert [type(action) for action in turn.receive(refused(2))] == [Show]
    assert TurnMachine().receive(made(1, "asked")) == []


def test_of_what_is_told_of_a_move_the_first_counts() -> None:
    turn = running(HINT, RUN)
    turn.receive(made(1, "refused"))
    turn.receive(made(1, "given"))
    assert statuses(turn.receive(run(2))) == ["refused", "ok"]


def test_a_run_that_is_refused_after_stop_is_shown_as_not_run() -> None:
    turn = running(RUN)
    turn.receive(StudentStopped())
    [view] = shown_runs(turn.receive(refused(1)))
    assert (view.id, view.state, view.code) == (run_name(1), "unavailable", "")


# Several calls


@pytest.mark.parametrize("calls", list(permutations(MOVES, 2)), ids=names)
def test_of_two_moves_the_second_is_refused(calls: tuple[dict[str, Any], ...]) -> None:
    turn = asking()
    assert orders(finish(turn, *calls)) == [1]
    actions = turn.receive(made(1, GRANTED[calls[0]["name"]]))
    assert statuses(actions) == [GRANTED[calls[0]["name"]], "refused"]
    assert "One move" in json.loads(saved(actions)[1]["output"])["because"]
    assert actions[-1] == AskModel(2)


def test_a_move_is_refused_even_if_the_one_before_it_was_not_granted() -> None:
    turn = running(HINT, OFFER)
    assert statuses(turn.receive(made(1, "refused"))) == ["refused", "refused"]


@pytest.mark.parametrize("ask", [ASK, BROKEN], ids=["well-formed", "malformed"])
@pytest.mark.parametrize("calls", [(0, 1), (1, 0), (1, 0, 1), (1, 2, 0)], ids=str)
def test_nothing_is_run_beside_a_prediction(ask: dict[str, Any], calls: tuple[int, ...]) -> None:
    turn = asking()
    asked = [(ask, RUN, HINT)[which] for which in calls]
    actions = finish(turn, *asked)
    assert not any(isinstance(action, StartRun) for action in actions)
    runs = [item for item, one in enumerate(asked, 1) if one is RUN]
    assert [view.id for view in shown_runs(actions)] == [run_name(item) for item in runs]
    assert all(not view.code and view.message for view in shown_runs(actions))
    for item in orders(actions):
        actions = turn.receive(made(item, "asked"))
    outputs = statuses(actions)
    assert len(outputs) == len(asked)
    assert {outputs[item - 1] for item in runs} == {"refused"}
    assert actions[-1] == AskModel(2)


@pytest.mark.parametrize("move", [HINT, OFFER], ids=lambda move: move["name"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_run_beside_a_hint_or_an_offer_is_run_and_told(
    move: dict[str, Any], *, is_first: bool
) -> None:
    turn = asking()
    calls = (RUN, move) if is_first else (move, RUN)
    assert sorted(orders(finish(turn, *calls))) == [1, 2]
    [ran, moved] = (1, 2) if is_first else (2, 1)
    assert turn.receive(made(moved, "given")) == []
    actions = turn.receive(run(ran))
    assert statuses(actions) == (["ok", "given"] if is_first else ["given", "ok"])
    assert actions[-1] == AskModel(2)


@pytest.mark.parametrize("calls", [(UNKNOWN, HINT), (HINT, UNKNOWN), (BROKEN, HINT)], ids=names)
def test_a_call_that_cannot_be_understood_never_ends_the_turn_nor_counts_as_a_move(
    calls: tuple[dict[str, Any], ...],
) -> None:
    turn = asking()
    [item] = orders(finish(turn, *calls))
    actions = turn.receive(made(item, "given"))
    assert sorted(statuses(actions)) == ["error", "given"]
    assert actions[-1] == AskModel(2)


def test_a_run_that_the_server_refuses_is_answered_and_its_program_never_shown() -> None:
    turn = running(RUN, RUN)
    [view] = shown_runs(turn.receive(refused(1)))
    assert (view.id, view.state, view.code) == (run_name(1), "unavailable", "")
    assert "foretell" in view.message
    actions = turn.receive(run(2))
    assert statuses(actions) == ["refused", "ok"]
    assert actions[-1] == AskModel(2)


def test_a_move_alone_is_not_told_as_a_run() -> None:
    assert [type(action) for action in finish(asking(), HINT)] == [Save, MakeMove]


# Stop, and turns that others take up


def test_stop_waits_for_the_move_that_is_being_made() -> None:
    turn = running(RUN, HINT)
    assert turn.receive(StudentStopped()) == [CancelRun(run_name(1))]
    assert turn.receive(StudentStopped(relayed=True)) == []
    assert turn.receive(run(1, "cancelled"))[1:] == []
    actions = turn.receive(made(2, "given"))
    assert statuses(actions) == ["error", "given"]
    assert actions[-1] == EndTurn(Ending.STOPPED)
    assert [type(action) for action in actions] == [Save, EndTurn]
    # The next turn is not stopped with it.
    turn.receive(TurnTaken(8, ()))
    finish(turn, HINT, request=2, first=9)
    assert turn.receive(made(9, "given"))[-1] == EndTurn(Ending.DONE)


def test_stop_after_a_move_says_of_it_what_is_stored() -> None:
    turn = running(HINT, RUN)
    turn.receive(made(1, "given"))
    cancel, save, end = turn.receive(StudentStopped())
    assert cancel == CancelRun(run_name(2))
    assert statuses([save]) == ["given", "error"]
    assert end == EndTurn(Ending.STOPPED)


def test_a_turn_that_is_lost_while_a_move_is_made_says_nothing_more() -> None:
    turn = running(HINT)
    turn.receive(StudentStopped())
    assert turn.receive(TurnLost()) == []
    assert turn.receive(made(1, "given")) == []
    assert turn.phase is Phase.IDLE


def test_moves_of_a_turn_that_was_left_behind_are_made_again_and_end_it() -> None:
    turn = TurnMachine()
    assert orders(turn.receive(TurnTaken(3, stored(ASK, first=5)))) == [5]
    assert turn.receive(made(5, "asked"))[-1] == EndTurn(Ending.DONE)


# Facts


def test_a_message_that_was_steered_in_has_the_facts_told_once_with_the_next_request() -> None:
    turn = asking()
    turn.receive(ModelSteered(1, "resp_1", (message("What "),), ("message-1",)))
    finish(turn, HINT)
    save, facts, _, ask = turn.receive(made(1, "write"))
    assert isinstance(save, Save)
    assert facts == SaveFacts()
    assert ask == AskModel(2)
    finish(turn, HINT, request=2, first=9)
    assert SaveFacts() not in turn.receive(made(9, "write"))


def test_an_answer_that_fails_after_a_steered_message_is_asked_for_again_with_the_facts() -> None:
    turn = asking()
    turn.receive(ModelSteered(1, "resp_1", (message("What "),), ("message-1",)))
    assert SaveFacts() in turn.receive(ModelFailed(1, "Lost", may_retry=True))


def test_facts_come_once_with_the_messages_that_wait() -> None:
    turn = asking()
    turn.receive(ModelSteered(1, "resp_1", (message("What "),), ("message-1",)))
    finish(turn, HINT)
    turn.receive(StudentWaits({"message-2": {}}))
    actions = turn.receive(made(1, "write"))
    assert SaveWaiting() in actions
    assert SaveFacts() not in actions


def test_a_move_does_not_end_the_turn_while_the_model_owes_an_answer_to_a_message() -> None:
    turn = asking()
    turn.receive(StudentWaits({"message-1": {}}))
    turn.receive(ModelFinished(1, "resp_1", (OFFER,), delivered_ids=("message-1",)))
    turn.receive(CallsStored(stored(OFFER)))
    save, facts, _, ask = turn.receive(made(1, "offered"))
    assert isinstance(save, Save)
    assert [facts, ask] == [SaveFacts(), AskModel(2)]


def test_a_turn_left_behind_goes_on_with_what_its_rows_say_of_facts_and_messages() -> None:
    taken = TurnTaken(3, (), facts_due=True)
    assert TurnMachine().receive(taken)[0] == SaveFacts()
    turn = TurnMachine()
    turn.receive(TurnTaken(3, stored(OFFER), facts_due=True, has_unanswered=True))
    assert turn.receive(made(1, "offered"))[-1] == AskModel(1)


# From the page


def test_a_wish_for_a_hint_begins_a_turn_as_a_message_does() -> None:
    asked = StudentAskedHint("hint-0001", "print(1)")
    assert TurnMachine().receive(asked) == [BeginTurn(asked)]
    assert asking().receive(asked) == [BeginTurn(asked)]
