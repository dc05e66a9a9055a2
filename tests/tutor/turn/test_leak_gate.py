"""The gate of a turn: what is shown once it is judged, and what the student is told meanwhile."""

from typing import Any

import pytest

from tests.tutor.turn.events import (
    asking,
    call,
    message,
    saved,
)
from tests.tutor.turn.gated import (
    LOOKING,
    SEARCHING,
    WITHDRAWN,
    brackets,
    deltas,
    finished,
    gated,
    judges,
    leaking,
    reply,
    states,
    verdict,
)
from tutor.protocol.actions import (
    AskModel,
    CancelRequest,
    EndTurn,
    Save,
    SaveUsage,
    SaveWaiting,
    SteerModel,
)
from tutor.protocol.events import (
    Ending,
    ModelFailed,
    ModelQueued,
    ModelSpoke,
    ModelSteered,
    ResponseKind,
    StudentStopped,
    StudentWaits,
    TurnBegan,
    TurnTaken,
    Usage,
)
from tutor.protocol.gate import (
    PieceJudged,
    SaveWithheld,
    StartTimer,
    Timer,
    TimerRang,
)
from tutor.turn.leak_gate import MAX_SHOWN_CHARS

__all__ = ["brackets"]
pytestmark = pytest.mark.usefixtures("brackets")


# Pieces


def test_a_free_piece_is_shown_at_once_and_a_held_one_once_it_is_judged() -> None:
    turn = gated()
    actions = turn.receive(ModelSpoke(1, "What [x <= 3] then?"))
    assert deltas(actions) == "What "
    [judge] = judges(actions)
    assert (judge.request, judge.said) == (1, reply("What [x <= 3]"))
    assert deltas(turn.receive(ModelSpoke(1, " And"))) == ""
    assert deltas(turn.receive(verdict(judge))) == "[x <= 3] then? And"
    assert deltas(turn.receive(ModelSpoke(1, " so"))) == " so"


def test_a_piece_is_judged_together_with_all_before_it_and_shown_in_its_order() -> None:
    turn = gated()
    one, two = judges(turn.receive(ModelSpoke(1, "a[b]c[d]e")))
    assert [one.said, two.said] == [reply("a[b]"), reply("a[b]c[d]")]
    assert deltas(turn.receive(verdict(two))) == ""
    assert deltas(turn.receive(verdict(one))) == "[b]c[d]e"


def test_what_was_shown_and_taken_back_is_judged_with_what_comes_in_its_place() -> None:
    turn = gated()
    one, two = judges(turn.receive(ModelSpoke(1, "a[b]c[d]")))
    turn.receive(verdict(one))
    turn.receive(ModelFailed(1, "Lost.", may_retry=True))
    [again] = judges(turn.receive(ModelSpoke(2, "e[f]")))
    assert (one.before, two.before) == ((), ())
    assert (again.before, again.said) == (reply("a[b]c"), reply("e[f]"))
    turn.receive(verdict(again, leaks=True))
    turn.receive(TimerRang(2, Timer.UNSEEN))
    [once_more] = judges(turn.receive(ModelSpoke(3, "[g]")))
    assert once_more.before == (*reply("a[b]c"), *reply("e"))


def test_what_was_stored_is_not_told_again_as_taken_back() -> None:
    turn = gated()
    [one] = judges(turn.receive(ModelSpoke(1, "[a]")))
    turn.receive(verdict(one))
    turn.receive(ModelSteered(1, "resp_0", (message("[a]"),), ()))
    [other] = judges(turn.receive(ModelSpoke(1, "[b]")))
    assert other.before == ()


def test_a_verdict_that_comes_twice_or_for_an_earlier_request_changes_nothing() -> None:
    turn = gated()
    one, two = judges(turn.receive(ModelSpoke(1, "[a][b]")))
    assert deltas(turn.receive(verdict(one))) == "[a]"
    assert turn.receive(verdict(one, leaks=True)) == []
    assert turn.receive(PieceJudged(1, 99, leaks=True)) == []
    turn.receive(ModelFailed(1, "Lost.", may_retry=True))
    assert turn.receive(verdict(two, leaks=True)) == []
    assert turn.phase.name == "ASKING"


def test_without_the_gate_a_turn_is_as_it_was() -> None:
    turn: Any = asking()
    assert deltas(turn.receive(ModelSpoke(1, "[leak]"))) == "[leak]"
    assert turn.receive(PieceJudged(1, 1, leaks=True)) == []
    assert turn.receive(TimerRang(1, Timer.UNSEEN)) == []
    [save, end] = turn.receive(finished(message("[leak]")))
    assert (save.withheld, end) == (frozenset(), EndTurn(Ending.DONE))


def test_what_begins_a_turn_says_whether_it_is_gated() -> None:
    turn = gated()
    turn.receive(StudentStopped())
    turn.receive(TurnBegan(8))
    assert deltas(turn.receive(ModelSpoke(2, "[x]"))) == "[x]"
    turn.receive(TurnTaken(8, (), gated=True))
    assert deltas(turn.receive(ModelSpoke(3, "[x]"))) == ""


# The end of an answer


def test_an_answer_is_stored_when_its_last_piece_is_judged() -> None:
    turn = gated()
    [judge] = judges(turn.receive(ModelSpoke(1, "Well, [x]")))
    assert turn.receive(finished(message("Well, [x]"))) == []
    assert turn.phase.name == "JUDGING"
    show, save, end = turn.receive(verdict(judge))
    assert deltas([show]) == "[x]"
    assert save == Save((message("Well, [x]"),), "resp_1", usage=Usage(9, 3, 4))
    assert end == EndTurn(Ending.DONE)
    assert turn.phase.name == "IDLE"


def test_what_is_left_open_at_the_end_is_judged_before_it_is_stored() -> None:
    turn = gated()
    assert judges(turn.receive(ModelSpoke(1, "Well, [x"))) == []
    [judge] = judges(turn.receive(finished(message("Well, [x"))))
    assert judge.said == reply("Well, [x")
    assert saved(turn.receive(verdict(judge))) == [message("Well, [x")]


def test_an_answer_that_is_free_is_stored_at_once() -> None:
    turn = gated()
    turn.receive(ModelSpoke(1, "Why so?"))
    assert turn.receive(finished(message("Why so?")))[-1] == EndTurn(Ending.DONE)


@pytest.mark.parametrize("told", ["", "Well", "Well, y"])
def test_a_text_that_is_stored_otherwise_than_it_was_streamed_is_judged_whole(told: str) -> None:
    turn = gated()
    turn.receive(ModelSpoke(1, told))
    [judge] = judges(turn.receive(finished(message("Well, x"))))
    assert judge.said == reply("Well, x")
    actions = turn.receive(verdict(judge, leaks=True))
    assert WITHDRAWN in actions
    assert [action.withheld for action in actions if isinstance(action, Save)] == [{0}]


def test_blanks_that_a_server_trims_at_the_end_make_no_other_text() -> None:
    turn = gated()
    turn.receive(ModelSpoke(1, "Why so? \n"))
    assert judges(turn.receive(finished(message("Why so?")))) == []


@pytest.mark.parametrize("streamed", ["ab", "a", ""])
def test_several_messages_are_judged_as_the_page_shows_them(streamed: str) -> None:
    turn = gated()
    turn.receive(ModelSpoke(1, streamed))
    [judge] = judges(turn.receive(finished(message("a"), message("b"))))
    assert judge.said == (*reply("a"), *reply("b"), *reply("a\n\nb"))


def test_a_refusal_is_text() -> None:
    refusal = {"type": "message", "role": "assistant", "content": [{"refusal": "No: [x]"}]}
    [judge] = judges(gated().receive(finished(refusal)))
    assert judge.said == reply("No: [x]")


def test_an_answer_that_is_cut_short_is_judged_too() -> None:
    turn = gated()
    turn.receive(ModelSpoke(1, "Well, [x"))
    [judge] = judges(turn.receive(finished(message("Well, [x"), cut_short="content_filter")))
    save, end = turn.receive(verdict(judge))[1:]
    assert save.interrupted
    assert "filter" in end.message


def test_an_answer_that_breaks_off_while_it_is_judged_is_withdrawn_and_asked_for_again() -> None:
    turn = gated()
    turn.receive(ModelSpoke(1, "Well, [x]"))
    actions = turn.receive(ModelFailed(1, "Lost.", may_retry=True))
    assert actions[0] == WITHDRAWN
    assert AskModel(2) in actions


# Steering


def test_a_part_is_stored_once_it_is_judged_and_what_follows_waits_behind_it() -> None:
    turn = gated()
    turn.receive(StudentWaits({"message-1": {}}))
    [judge] = judges(turn.receive(ModelSpoke(1, "Well, [x]")))
    assert turn.receive(ModelSteered(1, "resp_0", (message("Well, [x]"),), ("message-1",))) == []
    assert turn.phase.name == "ASKING"
    # The model goes on, and can be told more.
    assert turn.receive(ModelSpoke(1, "Then [y]")) == []
    assert turn.receive(StudentWaits({"message-2": {}})) == [SteerModel(1, "message-2", {})]
    assert turn.receive(finished(message("Then [y]"))) == []
    actions = turn.receive(verdict(judge))
    assert deltas(actions[:1]) == "[x]"
    assert actions[1:3] == [Save((message("Well, [x]"),), "resp_0", usage=Usage()),
                            SaveWaiting(("message-1",))]  # fmt: skip
    assert deltas(actions[3:]) == "Then "
    [judge] = judges(actions)
    assert judge.said == reply("Then [y]")
    assert turn.phase.name == "JUDGING"
    assert saved(turn.receive(verdict(judge))) == [message("Then [y]")]


def test_a_message_during_the_last_verdicts_waits_for_the_next_turn() -> None:
    turn = gated()
    [judge] = judges(turn.receive(ModelSpoke(1, "[x]")))
    turn.receive(finished(message("[x]")))
    assert turn.receive(StudentWaits({"message-1": {}})) == []
    assert turn.receive(verdict(judge))[-1] == EndTurn(Ending.DONE)
    assert list(turn.waiting) == ["message-1"]


# What the student is told while nothing is shown


def test_a_student_who_waits_for_a_verdict_is_told_why_until_there_is_something_to_read() -> None:
    turn = gated()
    actions = turn.receive(ModelSpoke(1, "Well, [x]"))
    [judge] = judges(actions)
    assert actions[-1] == SEARCHING
    assert states(turn.receive(TimerRang(1, Timer.SEARCHING))) == [LOOKING]
    assert states(turn.receive(verdict(judge))) == [("speaking", "")]


def test_a_student_who_has_been_shown_something_since_is_told_nothing() -> None:
    turn = gated()
    first = turn.receive(ModelSpoke(1, "[a]"))
    assert first[-1] == SEARCHING
    turn.receive(verdict(judges(first)[0]))
    # Another piece, another time to wait.
    second = turn.receive(ModelSpoke(1, "[b]"))
    assert second[-1] == SEARCHING
    assert turn.receive(TimerRang(1, Timer.SEARCHING)) == []
    assert states(turn.receive(TimerRang(1, Timer.SEARCHING))) == [LOOKING]
    # What was told holds for the pieces behind it.
    assert SEARCHING not in turn.receive(ModelSpoke(1, "[c]"))


def test_pieces_that_wait_together_are_one_wait() -> None:
    actions = gated().receive(ModelSpoke(1, "[a][b]"))
    assert actions.count(SEARCHING) == 1


def test_a_timer_that_rings_once_all_is_judged_tells_nothing() -> None:
    turn = gated()
    # Stored, and not streamed before.
    actions = turn.receive(ModelSteered(1, "resp_0", (message("Well"),), ()))
    assert actions[-1] == SEARCHING
    turn.receive(verdict(judges(actions)[0]))
    assert turn.receive(TimerRang(1, Timer.SEARCHING)) == []


def test_a_student_whose_question_is_asked_again_is_told_why() -> None:
    turn = gated()
    leaking(turn)
    turn.receive(finished(message("Well, [leak]")))
    assert turn.receive(TimerRang(1, Timer.SEARCHING)) == []
    assert states(turn.receive(TimerRang(2, Timer.SEARCHING))) == [LOOKING]
    assert states(turn.receive(ModelSpoke(2, "Why so?"))) == [("speaking", "")]


def test_a_student_who_was_told_why_goes_on_to_read_it_when_the_question_is_asked_again() -> None:
    turn = gated()
    leaking(turn)
    assert states(turn.receive(TimerRang(1, Timer.SEARCHING))) == [LOOKING]
    actions = turn.receive(finished(message("Well, [leak]")))
    assert states(actions) == [LOOKING]
    assert StartTimer(2, Timer.SEARCHING, 0.4) not in actions


def test_nothing_of_a_leak_or_a_queue_takes_that_away_from_them_again() -> None:
    turn = gated()
    [judge] = judges(turn.receive(ModelSpoke(1, "Well, [leak]")))
    assert states(turn.receive(TimerRang(1, Timer.SEARCHING))) == [LOOKING]
    assert states(turn.receive(verdict(judge, leaks=True))) == [LOOKING]
    turn.receive(finished(message("Well, [leak]")))
    assert states(turn.receive(ModelQueued(2, 0))) == [LOOKING]
    assert states(turn.receive(ModelSpoke(2, "Why so?"))) == [("speaking", "")]
    assert states(turn.receive(ModelQueued(2, 0))) == [("thinking", "")]


# A bound on what is shown


def test_an_answer_that_is_too_long_ends_where_it_is() -> None:
    turn = gated()
    long = "x" * (MAX_SHOWN_CHARS - 1)
    turn.receive(ModelSpoke(1, long))
    cancel, show, save, end = turn.receive(ModelSpoke(1, "yz"))
    assert cancel == CancelRequest(1)
    assert deltas([show]) == "y"
    partial = {"type": "message", "role": "assistant", "content": long + "y"}
    assert save == Save((partial,), interrupted=True)
    assert isinstance(end, EndTurn)
    assert "too long" in end.message
    dropped = SaveUsage("resp_1", Usage(9, 3, 4, kind=ResponseKind.DROPPED))
    assert turn.receive(finished(message(long + "yz"))) == [dropped]


def test_where_an_answer_is_too_long_it_is_judged_as_well() -> None:
    turn = gated()
    turn.receive(ModelSpoke(1, "[x"))
    actions = turn.receive(ModelSpoke(1, "x" * MAX_SHOWN_CHARS))
    [judge] = judges(actions)
    assert turn.receive(finished(message("[x" + "x" * MAX_SHOWN_CHARS))) == []
    withdrawn, _, notice, _, ask, _, cost = turn.receive(verdict(judge, leaks=True))
    assert [withdrawn, notice, ask] == [WITHDRAWN, SaveWithheld(), AskModel(2)]
    assert cost == SaveUsage("resp_1", Usage(9, 3, 4, kind=ResponseKind.DROPPED))


def test_a_text_that_was_not_streamed_is_bounded_too() -> None:
    turn = gated()
    actions = turn.receive(finished(message("x" * (MAX_SHOWN_CHARS + 1)), call("call_0")))
    [judge] = judges(actions)
    assert judge.said == reply("x" * MAX_SHOWN_CHARS)
    save, end = turn.receive(verdict(judge))
    assert save.payloads[0]["content"] == "x" * MAX_SHOWN_CHARS
    assert (save.response_id, save.usage) == ("resp_1", Usage(9, 3, 4))
    assert "too long" in end.message


def test_a_part_that_is_too_long_ends_the_answer() -> None:
    turn = gated()
    turn.receive(StudentWaits({"message-1": {}}))
    long = message("x" * (MAX_SHOWN_CHARS + 1))
    actions = turn.receive(ModelSteered(1, "resp_0", (long,), ("message-1",)))
    assert actions[0] == CancelRequest(1)
    assert turn.receive(verdict(judges(actions)[0]))[-1].ending is Ending.DONE
    # It is not answered, so it begins the next turn.
    assert list(turn.waiting) == ["message-1"]
