"""A turn in which an answer or a call leaks: nothing of it is shown or carried out."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.tutor.turn.events import (
    ASK,
    HINT,
    call,
    message,
    run,
    saved,
    statuses,
    stored,
    tool,
)
from tests.tutor.turn.gated import (
    UNSEEN,
    WITHDRAWN,
    brackets,
    finished,
    gated,
    judges,
    leaking,
    reply,
    states,
    verdict,
)
from tutor.leaks.said import Channel, Said
from tutor.method.prompts import student_message
from tutor.protocol import frames
from tutor.protocol.actions import (
    AskModel,
    CancelRequest,
    EndTurn,
    MakeMove,
    Save,
    SaveFacts,
    SaveUsage,
    SaveWaiting,
    Show,
    StartRun,
    Stored,
)
from tutor.protocol.events import (
    CallsStored,
    Ending,
    ModelFailed,
    ModelQueued,
    ModelSlow,
    ModelSpoke,
    ModelSteered,
    ResponseKind,
    StudentStopped,
    StudentWaits,
    TurnLost,
    TurnTaken,
    Usage,
)
from tutor.protocol.gate import (
    SaveReady,
    SaveWithheld,
    StartTimer,
    Timer,
    TimerRang,
)
from tutor.turn import history, messages
from tutor.turn.rules import MAX_WITHHELD, TurnMachine

__all__ = ["brackets"]
pytestmark = pytest.mark.usefixtures("brackets")

THOUGHT = {"type": "reasoning", "id": "rs_1", "encrypted_content": "x"}


# A leak


def test_an_answer_that_leaks_is_taken_back_and_let_end_unseen() -> None:
    turn = gated()
    withdrawn, thinking, unseen = leaking(turn)
    assert withdrawn == WITHDRAWN
    assert states([thinking]) == [("thinking", "")]
    assert unseen == UNSEEN
    for event in (ModelSpoke(1, "more [x]"), ModelSlow(1), ModelQueued(1, 0)):
        assert turn.receive(event) == []


def test_an_answer_that_leaks_is_stored_as_withheld_when_it_has_ended_and_another_asked_for() -> (
    None
):
    turn = gated()
    leaking(turn)
    items = (THOUGHT, message("Well, [leak]"))
    save, notice, thinking, ask, timer = turn.receive(finished(*items))
    assert save == Save(items, "resp_1", usage=Usage(9, 3, 4), withheld=frozenset({0, 1}))
    assert notice == SaveWithheld()
    assert states([thinking]) == [("thinking", "")]
    assert [ask, timer] == [AskModel(2), StartTimer(2, Timer.SEARCHING, 0.4)]
    # The next one is an answer as any.
    turn.receive(ModelSpoke(2, "Why so?"))
    assert turn.receive(finished(message("Why so?"), request=2))[-1] == EndTurn(Ending.DONE)


def test_the_calls_of_an_answer_that_leaks_are_not_carried_out_and_have_outputs() -> None:
    turn = gated()
    leaking(turn)
    items = (message("Well, [leak]"), call("call_0"), HINT)
    actions = turn.receive(finished(*items, delivered_ids=("message-1",)))
    save, heard, outputs, notice = actions[:4]
    assert all(isinstance(action, Stored) for action in actions[:4]), "not one transaction"
    assert save.withheld == {0, 1, 2}
    # The model has heard it before the outputs.
    assert [heard, notice] == [SaveWaiting(("message-1",)), SaveWithheld()]
    assert statuses([outputs]) == ["error", "error"]
    assert outputs.withheld == {0, 1}
    assert AskModel(2) in actions
    assert not any(isinstance(action, StartRun | MakeMove) for action in actions)


def test_an_answer_that_does_not_end_is_given_up() -> None:
    turn = gated()
    leaking(turn)
    actions = turn.receive(TimerRang(1, Timer.UNSEEN))
    assert actions[:2] == [CancelRequest(1), SaveWithheld()]
    assert AskModel(2) in actions
    assert turn.receive(TimerRang(1, Timer.UNSEEN)) == []
    dropped = Usage(9, 3, 4, kind=ResponseKind.DROPPED)
    assert turn.receive(finished(message("x"))) == [SaveUsage("resp_1", dropped)]


def test_a_timer_of_an_answer_that_has_ended_changes_nothing() -> None:
    turn = gated()
    leaking(turn)
    turn.receive(finished(message("Well, [leak]")))
    leaking(turn, 2)
    assert turn.receive(TimerRang(1, Timer.UNSEEN)) == []


def test_an_answer_that_breaks_off_after_its_leak_is_asked_for_again_with_a_notice_alone() -> None:
    turn = gated()
    leaking(turn)
    notice, _, ask, _ = turn.receive(ModelFailed(1, "Busy.", may_retry=True, retry_after_s=2.0))
    assert [notice, ask] == [SaveWithheld(), AskModel(2, after_s=2.0)]
    # That was no retry.
    turn.receive(ModelFailed(2, "Lost.", may_retry=True))
    assert turn.phase.name == "ASKING"


def test_a_model_that_is_lost_after_a_leak_fails_the_turn_with_a_notice() -> None:
    turn = gated()
    leaking(turn)
    failed = ModelFailed(1, "No key.", may_retry=False)
    assert turn.receive(failed) == [SaveWithheld(), EndTurn(Ending.FAILED, "No key.")]


def test_after_so_many_withheld_answers_a_question_of_ours_is_asked() -> None:
    turn = gated()
    turn.receive(StudentWaits({"message-1": {}}))
    for request in range(1, MAX_WITHHELD + 1):
        leaking(turn, request)
        assert AskModel(request + 1) in turn.receive(
            finished(message("Well, [leak]"), request=request)
        )
    last = MAX_WITHHELD + 1
    leaking(turn, last)
    turn.receive(StudentWaits({"message-2": {}}))
    items = (message("Well, [leak]"), HINT)
    done = finished(*items, request=last, delivered_ids=("message-2",))
    save, outputs, ready, end = turn.receive(done)
    assert [save.withheld, outputs.withheld] == [{0, 1}, {0}]
    assert [ready, end] == [SaveReady(), EndTurn(Ending.DONE)]
    # What was not answered begins the next turn.
    assert list(turn.waiting) == ["message-2"]
    assert turn.phase.name == "IDLE"


def test_who_takes_a_turn_up_counts_what_was_withheld_in_it() -> None:
    turn: Any = TurnMachine()
    turn.receive(TurnTaken(7, (), gated=True, withheld=MAX_WITHHELD))
    leaking(turn)
    actions = turn.receive(TimerRang(1, Timer.UNSEEN))
    assert actions == [CancelRequest(1), SaveReady(), EndTurn(Ending.DONE)]


def test_a_message_is_not_told_to_a_model_whose_answer_leaks_but_with_the_next_request() -> None:
    turn = gated()
    leaking(turn)
    assert turn.receive(StudentWaits({"message-1": {}})) == []
    _, notice, waiting, *_ = turn.receive(finished(message("Well, [leak]")))
    assert [notice, waiting] == [SaveWithheld(), SaveWaiting()]


def test_nothing_of_an_answer_that_was_withheld_is_sent_again() -> None:
    turn = gated()
    leaking(turn)
    response = (THOUGHT, message("Well, [leak]"), call("call_0"))
    items = [student_message("Why?"), *saved(turn.receive(finished(*response)))]
    # Servers fill in what they may leave out when it comes back.
    heard = tuple(
        {**item, "id": f"it_{n}", "status": "completed"} for n, item in enumerate(response)
    )
    baseline = history.advance({}, items[:1], "resp_1", heard)
    notice = {"type": "message", "role": "developer", "content": "{}"}
    told = history.plan({}, [*items, notice], baseline)
    assert told == history.Plan((items[-1], notice), "resp_1")
    assert items[-1]["type"] == "function_call_output"


# A part that was steered


def test_a_part_that_leaks_is_withheld_and_its_request_given_up() -> None:
    turn = gated()
    turn.receive(StudentWaits({"message-1": {}}))
    [judge] = judges(turn.receive(ModelSpoke(1, "Well, [x]")))
    turn.receive(ModelSteered(1, "resp_0", (THOUGHT, message("Well, [x]")), ("message-1",)))
    turn.receive(ModelSpoke(1, "Then"))
    withdrawn, _, cancel, save, heard, notice, *rest = turn.receive(verdict(judge, leaks=True))
    assert [withdrawn, cancel] == [WITHDRAWN, CancelRequest(1)]
    assert save == Save((THOUGHT, message("Well, [x]")), "resp_0", usage=Usage(),
                        withheld=frozenset({0, 1}))  # fmt: skip
    assert [heard, notice] == [SaveWaiting(("message-1",)), SaveWithheld()]
    # The notice has the facts.
    assert not any(isinstance(action, SaveFacts | SaveWaiting) for action in rest)
    assert AskModel(2) in rest


def test_what_else_a_request_cost_whose_part_leaks_is_stored() -> None:
    turn = gated()
    [judge] = judges(turn.receive(ModelSpoke(1, "[x]")))
    turn.receive(ModelSteered(1, "resp_0", (message("[x]"),), ()))
    turn.receive(finished(message("Then")))
    actions = turn.receive(verdict(judge, leaks=True))
    # It is over: there is nothing to give up.
    assert CancelRequest(1) not in actions
    dropped = Usage(9, 3, 4, kind=ResponseKind.DROPPED)
    assert actions[-1] == SaveUsage("resp_1", dropped)


def test_a_part_that_ends_after_its_leak_is_withheld_with_the_message() -> None:
    turn = gated()
    turn.receive(StudentWaits({"message-1": {}}))
    leaking(turn)
    steered = ModelSteered(1, "resp_0", (message("Well, [leak]"),), ("message-1",))
    cancel, save, heard, notice, *_ = turn.receive(steered)
    assert cancel == CancelRequest(1)
    assert save.withheld == {0}
    assert [heard, notice] == [SaveWaiting(("message-1",)), SaveWithheld()]


# Calls


def test_what_a_run_would_show_is_judged_before_it_is_stored() -> None:
    turn = gated()
    two = tool("execute_code", "call_0", code="print(1)", calls=["f(1)", "f(2)"], stdin="")
    one, other = judges(turn.receive(finished(two, call("call_1", "print(2)"))))
    called = (Said(Channel.CALL, "f(1)"), Said(Channel.CALL, "f(2)"))
    assert one.said == (Said(Channel.CODE, "print(1)"), *called)
    assert other.said == (Said(Channel.CODE, "print(2)"),)
    assert turn.receive(verdict(other)) == []
    assert turn.receive(verdict(one)) == [Save((two, call("call_1", "print(2)")), "resp_1",
                                              usage=Usage(9, 3, 4))]  # fmt: skip


def test_what_a_call_shows_is_judged_with_the_text_and_the_calls_before_it() -> None:
    turn = gated()
    items = (message("Why so?"), call("call_0", "print(1)"), call("call_1", "print(2)"))
    turn.receive(ModelSpoke(1, "Why so?"))
    one, other = judges(turn.receive(finished(*items)))
    assert one.before == reply("Why so?")
    assert other.before == (*reply("Why so?"), Said(Channel.CODE, "print(1)"))


def test_what_a_prediction_asks_is_judged() -> None:
    [judge] = judges(gated().receive(finished(ASK)))
    assert judge.said == (Said(Channel.CALL, "f(1)"), *reply("What does it give?"))


@pytest.mark.parametrize(
    "quiet", [HINT, call("call_0", code=""), call("call_0", name="other"), tool("execute_code")]
)
def test_a_call_that_shows_nothing_is_not_judged(quiet: dict[str, Any]) -> None:
    [save] = gated().receive(finished(quiet))
    assert save.payloads == (quiet,)


def test_a_call_that_leaks_is_withheld_and_answered_with_an_error_and_all_else_goes_on() -> None:
    turn = gated()
    items = (message("Why so?"), call("call_0", "leak"), call("call_1", "print(2)"))
    turn.receive(ModelSpoke(1, "Why so?"))
    bad, good = judges(turn.receive(finished(*items)))
    assert bad.of_call
    assert turn.receive(verdict(bad, leaks=True)) == []
    [save] = turn.receive(verdict(good))
    assert (save.payloads, save.withheld) == (items, {1})
    one, two = stored(items[1], items[2], first=2)
    actions = turn.receive(CallsStored((replace(one, withheld=True), two)))
    assert [action.call.item for action in actions if isinstance(action, StartRun)] == [3]
    shown = [action.frame for action in actions if isinstance(action, Show)]
    assert not any(isinstance(frame, frames.RunChanged) for frame in shown), "a run that is not"
    actions = turn.receive(run(3))
    assert statuses(actions) == ["error", "ok"]
    assert [action.withheld for action in actions if isinstance(action, Save)] == [{0}]
    assert json.loads(saved(actions)[0]["output"])["message"] == messages.WITHHELD
    assert AskModel(2) in actions


def test_of_an_answer_whose_text_leaks_no_call_is_waited_for() -> None:
    turn = gated()
    [text] = judges(turn.receive(ModelSpoke(1, "[x]")))
    [code] = judges(turn.receive(finished(message("[x]"), call("call_0"))))
    actions = turn.receive(verdict(text, leaks=True))
    assert AskModel(2) in actions
    assert turn.receive(verdict(code)) == []


def test_the_calls_of_an_answer_that_was_cut_short_are_not_judged() -> None:
    end = finished(message("Why"), call("call_0"), cut_short="max_output_tokens")
    turn = gated()
    turn.receive(ModelSpoke(1, "Why"))
    save, _ = turn.receive(end)
    assert save.payloads == (message("Why"),)


# Stop, loss


def test_stop_keeps_what_was_shown_and_drops_what_is_judged() -> None:
    turn = gated()
    turn.receive(ModelSpoke(1, "Well, [x] y"))
    cancel, save, end = turn.receive(StudentStopped())
    assert cancel == CancelRequest(1)
    assert (save.payloads[0]["content"], save.interrupted) == ("Well, ", True)
    assert end == EndTurn(Ending.STOPPED)


def test_stop_during_the_last_verdicts_drops_the_response_and_stores_its_cost() -> None:
    turn = gated()
    [judge] = judges(turn.receive(ModelSpoke(1, "Well, [x]")))
    turn.receive(finished(message("Well, [x]")))
    cost, save, end = turn.receive(StudentStopped())
    assert cost == SaveUsage("resp_1", Usage(9, 3, 4, kind=ResponseKind.DROPPED))
    assert save.payloads[0]["content"] == "Well, "
    assert end == EndTurn(Ending.STOPPED)
    assert turn.receive(verdict(judge)) == []


def test_stop_while_an_answer_that_leaks_is_let_end_stores_nothing_of_it() -> None:
    turn = gated()
    leaking(turn)
    assert turn.receive(StudentStopped()) == [CancelRequest(1), EndTurn(Ending.STOPPED)]
    assert turn.receive(TimerRang(1, Timer.UNSEEN)) == []


@pytest.mark.parametrize("ended", [True, False])
def test_a_turn_that_is_lost_while_it_is_judged_takes_back_what_it_has_shown(
    *, ended: bool
) -> None:
    turn = gated()
    [judge] = judges(turn.receive(ModelSpoke(1, "Well, [x]")))
    if ended:
        turn.receive(finished(message("Well, [x]")))
    withdrawn, given_up = turn.receive(TurnLost())
    assert withdrawn == WITHDRAWN
    dropped = SaveUsage("resp_1", Usage(9, 3, 4, kind=ResponseKind.DROPPED))
    assert given_up == (dropped if ended else CancelRequest(1))
    assert turn.receive(verdict(judge)) == []
    assert turn.phase.name == "IDLE"
