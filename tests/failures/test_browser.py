"""Failures of the browser and of the line to it, each with its promise."""

import itertools
import socket
import time
from typing import Any

import pytest
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response
from websockets.uri import parse_uri

from tests.failures.school import EVERY_DAY, Memory, School
from tests.page import page
from tests.polling import wait_until
from tutor.protocol import frames

pytestmark = pytest.mark.failures


def test_1_a_tab_closed_in_a_turn_is_noticed_at_once_and_the_turn_is_stored(
    school: School,
) -> None:
    with school.student() as ada:
        talk = ada.conversation
        with school.held(ada):
            ada.break_off()
            wait_until(lambda: bool(school.log("page.left", conversation=talk)), within_s=1)
            assert school.turn(talk) == "running"
    wait_until(lambda: school.turn(talk) == "done", within_s=10)
    assert school.roles(talk)[-1] == "assistant"
    wait_until(lambda: school.sockets_to_model() == 0, within_s=2)


def test_2_a_failure_of_ours_is_told_with_a_code_and_leaks_nothing(school: School) -> None:
    with school.student() as ada:
        away = "pragma legacy_alter_table = on; alter table tutor_conversation rename to away"
        back = "pragma legacy_alter_table = on; alter table away rename to tutor_conversation"
        school.room.script(away)
        try:
            ada.send("go", step="")  # in the session
            assert ada.next("error", within_s=5)["code"] == "crashed"
            assert ada.closed(within_s=5) == frames.Close.CRASHED
            with page(school.room, school.cookies.pop()) as grace:  # in a handler
                assert grace.next("error", within_s=5)["code"] == "crashed"
                assert grace.closed(within_s=5) == frames.Close.CRASHED
        finally:
            school.room.script(back)
    wait_until(lambda: school.sockets_to_model() == 0, within_s=2)
    with school.student() as ada:
        ada.send("ping")
        ada.next("pong")


def test_4_a_browser_that_never_reads_costs_two_mebibytes_at_most_and_is_cut_off(
    school: School,
) -> None:
    with school.student() as ada:
        ada.send("run", id="my-run-1", code="#" * frames.MAX_CODE_CHARS)
        ada.run_ended()
        memory = Memory(school.room.web)
        # Each is answered with the run as it is: 64,000 characters.
        for _ in range(2 * 1024 * 1024 // frames.MAX_CODE_CHARS):
            ada.send("run", id="my-run-1", code="")
        wait_until(lambda: bool(school.log("page.cut_off", code=4008)), within_s=15)
        assert memory.grown_mib <= 2
        assert ada.closed(within_s=10) == frames.Close.TOO_SLOW


@pytest.mark.parametrize("size", [60_000, 10])
def test_5_more_than_can_be_worked_off_ends_the_connection_and_is_not_kept(
    school: School, size: int
) -> None:
    flood = frames.Close.FLOOD
    before = len(school.log("page.cut_off", code=flood))
    with school.student(max_queue=None) as ada:
        memory = Memory(school.room.web)
        began = time.monotonic()
        with pytest.raises(ConnectionClosed) as end:
            while time.monotonic() - began < 30:
                ada.send("edit", code="x" * size)
        # What was sent into a closed connection resets it: the reason may be lost on the way.
        assert end.value.rcvd is None or end.value.rcvd.code == flood
        wait_until(lambda: len(school.log("page.cut_off", code=flood)) > before, within_s=5)
        assert memory.grown_mib <= 8


@pytest.mark.parametrize("kib", [64, 128, 256, 1024])
def test_6_a_message_that_is_too_large_is_refused_and_the_connection_stays(
    school: School, kib: int
) -> None:
    with school.student() as ada:
        ada.send("edit", code="x" * kib * 1024)
        assert ada.next("error", "refused")["code"] == "bad_frame"
        ada.send("ping")
        ada.next("pong", within_s=1)


def test_7_a_peer_that_is_gone_without_a_word_is_noticed_by_its_missing_pongs(
    hurried: School,
) -> None:
    interval_s = float(hurried.room.env["PING_SECONDS"])
    line = half_open(hurried)
    before = len(hurried.log("page.left"))
    wait_until(lambda: len(hurried.log("page.left")) > before, within_s=2 * interval_s + 3)
    wait_until(lambda: hurried.sockets_to_model() == 0, within_s=2)
    line.close()


def half_open(school: School) -> socket.socket:
    """A page's connection whose other end reads nothing and answers nothing once it is open."""
    url = f"ws://127.0.0.1:{school.room.port}{EVERY_DAY}"
    protocol = ClientProtocol(parse_uri(url), origin=school.room.url)  # type: ignore[arg-type]
    request = protocol.connect()
    request.headers["Cookie"] = school.cookies.pop()
    protocol.send_request(request)
    line = socket.create_connection(("127.0.0.1", school.room.port))
    line.sendall(b"".join(protocol.data_to_send()))
    seen: list[Any] = []
    while len(seen) < 2:  # the answer to the handshake, and hello
        protocol.receive_data(line.recv(65_536))
        seen += protocol.events_received()
    assert isinstance(seen[0], Response)
    assert seen[0].status_code == 101
    return line


def test_13_late_words_of_a_stopped_answer_never_reach_the_next_turn(school: School) -> None:
    with school.student() as ada:
        with school.held(ada):
            ada.send("stop")
            ada.turn("stopped")
        ada.frames.clear()
        ada.say("Why is it wrong?", name="question-2")
        ada.turn("done")
        spoken = [frame for frame in ada.frames if frame["type"] == "delta"]
        stored = [frame["item"] for frame in ada.frames if frame["type"] == "item"]
        assert {frame["turn"] for frame in spoken} == {2}
        said = "".join(frame["text"] for frame in spoken)
        assert said == "".join(item["text"] for item in stored if item["kind"] == "tutor")


def test_14_leaving_does_not_stop_a_turn_and_stop_is_confirmed_by_who_runs_it(
    school: School,
) -> None:
    cookies = school.cookies[-1]
    with school.student() as ada, school.held(ada):
        ada.break_off()
        with page(school.room, cookies) as again:
            assert again.next("hello")["turn"]["state"] in ("thinking", "speaking")
            again.send("stop")
            again.turn("stopped")
            shown = [frame["item"] for frame in again.frames if frame["type"] == "item"]
            assert shown[-1]["interrupted"]
        assert school.turn(ada.conversation) == "stopped"


def test_15_what_is_no_longer_there_to_be_sent_again_comes_as_the_whole_state(
    school: School,
) -> None:
    cookies = school.cookies[-1]
    with school.student() as ada, page(school.room, cookies) as late:
        late.next("hello")
        with school.held(ada):
            ada.break_off()
            with page(school.room, cookies) as again:
                hello = again.next("hello")
                assert [item["kind"] for item in hello["items"]] == ["student"]
                assert hello["turn"]["state"] in ("thinking", "speaking")
                school.room.order("clock", minutes=5)
                again.turn("done")
                shown = [frame["item"] for frame in again.frames if frame["type"] == "item"]
                # The words that were missed come as one, and each piece follows on what was before.
                came = [f for f in again.frames if f["type"] in ("so_far", "delta")]
                assert came[0]["type"] == "so_far"
                for before, piece in itertools.pairwise(came):
                    assert (piece.get("first") or piece["seq"]) == before["seq"] + 1
                # The item may come before the last words of it.
                assert shown[-1]["text"].startswith("".join(piece["text"] for piece in came))
        with page(school.room, cookies) as whole:
            assert whole.next("hello")["items"] == [*hello["items"], *shown]
