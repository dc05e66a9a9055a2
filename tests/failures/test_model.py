"""Failures of the model and of the line to it, each with its promise."""

import json
import signal
import time

import pytest

from tests.failures.meddler import Meddler
from tests.failures.school import HELLO, PER_MINUTE, ROTATE_S, WRONG, Memory, School
from tests.polling import wait_until
from tests.running import start_emulator, stop
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.causes import NOT_FOUND
from tutor.upstream.sansio.link import SHORT_LIFE_S
from tutor.upstream.transport import MAX_EVENT_BYTES

pytestmark = pytest.mark.failures

SECOND = "question-2"


def test_3_a_model_that_dies_is_told_at_once_and_the_turn_goes_on_when_it_is_back(
    school: School,
) -> None:
    room = school.room
    with school.student() as ada:
        room.order("silence", after=5, minutes=5)
        ada.say(HELLO)
        ada.next("delta")
        stop(room.emulator, signal.SIGKILL)
        try:
            told = [ada.next("withdrawn", "tutor", within_s=1) for _ in range(2)]
            assert {frame["type"]: frame.get("state") for frame in told} == {
                "withdrawn": None,
                "tutor": "unavailable",
            }
            # Asked again, in vain: that is said as well, instead of waiting for ever.
            assert ada.turn("failed")["message"] == parse.UNREACHABLE
        finally:
            room.emulator = start_emulator(room.env, room.folder)
        ada.ready()
        ada.send("again")
        ada.turn("done")
        assert school.roles(ada.conversation) == ["user", "assistant"]


def test_20_a_model_that_does_not_answer_the_goodbye_holds_nothing_up(school: School) -> None:
    with school.student():
        school.room.emulator.send_signal(signal.SIGSTOP)
    try:
        wait_until(lambda: school.sockets_to_model() == 0, within_s=2)
    finally:
        school.room.emulator.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("order", ["clock", "limit"])
def test_41_the_end_of_the_hour_costs_a_socket_and_no_word(school: School, order: str) -> None:
    with school.student() as ada:
        [first] = {request["connection"] for request in school.asked(ada)}
        time.sleep(SHORT_LIFE_S)  # a model that calls a new socket too old is not well
        ada.frames.clear()
        school.room.order(order, **({"minutes": 61} if order == "clock" else {}))
        ada.ready()
        ada.say("Why is it wrong?")
        ada.turn("done")
        told = [frame for frame in ada.frames if frame["type"] in ("tutor", "error")]
        assert {frame["state"] for frame in told} == {"ready"}
        assert school.asked(ada)[-1]["connection"] > first


def test_41_a_socket_is_replaced_before_its_hour_is_over_but_not_in_a_turn(
    hurried: School,
) -> None:
    with hurried.student() as ada:
        with hurried.held(ada):
            time.sleep(ROTATE_S)  # the socket has come to its age
            [connection] = {request["connection"] for request in hurried.asked(ada)}
        ada.turn("done")
        # The next socket may be warm before the page is told that the turn is done.
        [question] = [request for request in hurried.asked(ada) if request["generate"]]
        assert (question["connection"], question["outcome"]) == (connection, "completed")
        ada.ready()
        assert hurried.asked(ada)[-1]["connection"] > connection
        ada.say(HELLO, name=SECOND)
        ada.turn("done")
        assert not [frame for frame in ada.frames if frame["type"] in ("withdrawn", "error")]


def test_42_a_forgotten_response_is_replaced_by_the_whole_history_without_a_word(
    school: School,
) -> None:
    with school.student() as ada:
        ada.say(HELLO)
        ada.turn("done")
        ada.frames.clear()
        school.room.order("forget")
        ada.say(HELLO, name=SECOND)
        ada.turn("done")
        assert not [frame for frame in ada.frames if frame["type"] in ("withdrawn", "error")]
        forgotten, whole = school.asked(ada)[-2:]
        assert forgotten["outcome"] == NOT_FOUND
        assert forgotten["previous_response_id"]
        assert whole["previous_response_id"] is None
        assert (whole["outcome"], whole["input_items"]) == ("completed", 5)
        assert whole["connection"] == forgotten["connection"]


def test_43_an_answer_that_breaks_off_is_asked_for_once_more_and_no_run_is_repeated(
    school: School,
) -> None:
    with school.student() as ada:
        school.room.order("unknown_events")  # the first response is whole; the second breaks off
        school.room.order("close", after=6, close_code=1006)
        ada.say("Why is it wrong?", code=WRONG)
        ada.turn("done")
        assert [frame["type"] for frame in ada.frames].count("withdrawn") == 1
        generated = [request["outcome"] for request in school.asked(ada) if request["generate"]]
        assert generated == ["completed", "closed", "completed"]
        roles = school.roles(ada.conversation)
        began = ["user", "assistant", "function_call", "function_call_output", "assistant"]
        assert roles[: len(began)] == began
        assert roles.count("function_call") == roles.count("function_call_output")
        assert runs(school, ada.conversation) == 1


def test_43_an_answer_that_breaks_off_twice_is_an_honest_error(school: School) -> None:
    with school.student() as ada:
        for _ in range(2):
            school.room.order("close", after=6, close_code=1006)
        ada.say("Why is it wrong?")
        assert ada.turn("failed", "done") | {"state": "failed", "message": parse.LOST} == ada.last
        ada.ready()
        ada.send("again")
        ada.turn("done")


def test_44_a_silent_model_is_told_and_ends_in_an_honest_error(hurried: School) -> None:
    with hurried.student() as ada:
        hurried.room.order("silence")
        ada.say("Why is it wrong?")
        while not ada.turn("thinking", "failed")["message"]:
            pass
        assert "still thinking" in ada.last["message"]
        assert ada.turn("failed")["message"] == parse.SILENT
        ada.send("again")
        ada.turn("done")


BROKEN: list[str | bytes] = [
    "no JSON", "[]", "null", '{"no": "type"}', '{"type": 7}', '{"type": "invented"}',
    '{"type": "response.output_text.delta"}', '{"type": "response.output_text.delta", "delta": {}',
    b"\xff\xfe", "",
]  # fmt: skip


def test_45_broken_and_unknown_events_are_passed_over(hurried: School, between: Meddler) -> None:
    with hurried.student() as ada:
        between.says += BROKEN
        ada.say(HELLO)
        ada.turn("done")
        assert between.says == []
        spoken = "".join(frame["text"] for frame in ada.frames if frame["type"] == "delta")
        stored = [frame["item"] for frame in ada.frames if frame["type"] == "item"]
        assert spoken == stored[-1]["text"]
        assert not [frame for frame in ada.frames if frame["type"] in ("withdrawn", "error")]
        # They are counted where a socket ends, which this one soon does for its age.
        wait_until(lambda: bool(hurried.log("upstream.unknown_events", count=len(BROKEN))), 10)


def test_45_an_event_that_is_too_large_is_not_read_and_the_answer_comes_again(
    hurried: School, between: Meddler
) -> None:
    with hurried.student() as ada:
        memory = Memory(hurried.room.web)
        between.says.append(json.dumps({"type": "x", "x": "x" * MAX_EVENT_BYTES}))
        ada.say("Why is it wrong?")
        ada.next("withdrawn")
        ada.turn("done")
        assert memory.grown_mib < MAX_EVENT_BYTES / 4 / 1024 / 1024


def test_46_a_busy_model_is_left_alone_as_long_as_it_wants_and_the_student_is_told(
    school: School,
) -> None:
    with school.student() as ada:
        school.room.order("rate_limited", retry_after_s=1.2)
        ada.say("Why is it wrong?")
        while not ada.turn("thinking")["message"]:
            pass
        assert "Trying again in 2 s" in ada.last["message"]
        told = time.monotonic()
        ada.turn("speaking")
        assert time.monotonic() - told >= 1.2
        ada.turn("done")


def test_46_a_model_that_stays_busy_is_an_honest_error(school: School) -> None:
    with school.student() as ada:
        for _ in range(2):
            school.room.order("rate_limited", retry_after_s=0.1)
        ada.say("Why is it wrong?")
        assert ada.turn("failed")["message"] == parse.OVERLOADED
        ada.send("again")
        ada.turn("done")


def test_46_who_asks_too_often_waits_and_the_others_do_not(hurried: School) -> None:
    with hurried.student() as ada, hurried.student() as grace:
        for number in range(PER_MINUTE):
            ada.say("Why is it wrong?", name=f"question-{number}")
            ada.turn("done")
        ada.say("Why is it wrong?", name="question-x")
        refused = ada.next("refused")
        assert (refused["id"], refused["code"]) == ("question-x", "too_fast")
        assert refused["message"]
        grace.say("Why is it wrong?")
        grace.turn("done")


def test_46_who_has_to_wait_for_others_is_told_the_place_in_line(hurried: School) -> None:
    with hurried.student() as ada, hurried.student() as grace, hurried.student() as alan:
        with hurried.held(ada):
            for place, waits in enumerate((grace, alan), 1):
                waits.say(HELLO)
                while not waits.turn("thinking")["message"]:
                    pass
                assert f"number {place} in line" in waits.last["message"]
        for served in (ada, grace, alan):
            served.turn("done")


def runs(school: School, conversation: int) -> int:
    """How many programs the tutor has run in a conversation."""
    query = """select count(*) from sandbox_run where "group" = ? and origin != 'gate'"""
    count: int = school.room.rows(query, f"conversation.{conversation}")[0][0]
    return count
