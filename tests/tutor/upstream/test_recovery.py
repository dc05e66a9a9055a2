"""A refusal that would repeat itself has one way out, at once: the real upstream before a server
that refuses.
"""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.tutor.asking import Connect, Student, text
from tests.tutor.scripted import Frame, created, delta, error, said, scripted
from tutor.method import prompts
from tutor.protocol.calls import Payload
from tutor.protocol.events import ModelFailed, ModelFinished
from tutor.upstream import connection, context
from tutor.upstream.client import openai_client
from tutor.upstream.sansio import parse

SEALED = error("invalid_encrypted_content", "The encrypted content for item rs_1 …")
TOO_LONG = error("context_length_exceeded", "Your input exceeds the context window of this model.")
UNCODED = error(None, "No tool call found for function call output with call_id call_1.")
# Turns that are longer together than instructions and tools.
LONG = 18
THOUGHT: Payload = {"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA", "summary": []}


pytestmark = pytest.mark.usefixtures("quick_backoff")


# At once, over the socket -----------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404, 409, 422, None])
async def test_a_continuation_that_is_refused_is_told_as_a_whole(
    connect: Connect, status: int | None
) -> None:
    refused = error(None, "No tool call found …", status)
    answers = [said("r1", "one"), [refused], said("r2", "two"), said("r3", "three")]
    async with scripted(*answers) as server, connect(server.base_url) as student:
        await student.ready()
        for number in ("one", "two", "three"):
            assert text(await student.say(number)) == number
        _, delta_only, whole, after = server.asked
        assert (len(delta_only["input"]), len(whole["input"])) == (1, 3)
        assert "previous_response_id" not in whole
        # What came of it is continued as ever.
        assert (len(after["input"]), after["previous_response_id"]) == (1, "r2")


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_is_refused_is_not_tried_again(connect: Connect, status: int) -> None:
    async with (
        scripted(said("r1", "one"), [error(None, "No.", status)]) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        await student.say("one")
        assert isinstance(await student.say("two"), ModelFailed)
        assert len(server.asked) == 2


async def test_what_is_refused_as_a_whole_too_is_refused(connect: Connect) -> None:
    answers = [said("r1", "one"), [UNCODED], [UNCODED], [UNCODED], said("r2", "three")]
    async with scripted(*answers) as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("one")
        failed = await student.say("two")
        assert isinstance(failed, ModelFailed)
        assert (failed.message, failed.may_retry) == (parse.REFUSED, False)
        # Not even the last turn alone was taken: so nothing is left out of the dialogue.
        assert len(server.asked[3]["input"]) == 2
        assert text(await student.say("three")) == "three"
        assert texts(server.asked[4]) == ["one", "one", "two", "three"]


async def test_what_cannot_be_opened_is_left_out_at_once(connect: Connect) -> None:
    answers = [said("r1", "one"), [SEALED], said("r2", "two"), said("r3", "three")]
    async with scripted(*answers) as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("one")
        student.items.insert(1, THOUGHT)
        assert text(await student.say("two")) == "two"
        assert THOUGHT in server.asked[1]["input"]
        assert [item["type"] for item in server.asked[2]["input"]] == ["message"] * 3
        assert text(await student.say("three")) == "three"
        assert len(server.asked[3]["input"]) == 1


async def test_where_nothing_is_sealed_the_refusal_of_seals_is_final(connect: Connect) -> None:
    async with (
        scripted([SEALED, SEALED], said("r2", "two")) as server,
        connect(server.base_url) as student,
    ):
        server.warm_ups.append([SEALED])
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert len(server.asked) <= 2


async def test_a_warm_up_that_is_refused_for_its_seals_is_learned_from(connect: Connect) -> None:
    async with scripted(said("r1", "one")) as server:
        server.warm_ups.append([SEALED])
        async with connect(server.base_url) as student:
            student.items += [prompts.student_message("zero"), THOUGHT]
            await student.ready()
            assert text(await student.say("one")) == "one"
        assert (len(server.warmed), len(server.asked)) == (1, 1)
        assert THOUGHT not in server.asked[0]["input"]


@pytest.mark.parametrize("warm_up", [[TOO_LONG], [UNCODED], [error("x", "No.", 404)]])
async def test_a_warm_up_that_is_refused_costs_no_question(
    connect: Connect, warm_up: list[Frame]
) -> None:
    async with scripted(said("r1", "one")) as server:
        server.warm_ups.append(warm_up)
        async with connect(server.base_url) as student:
            await student.ready()
            assert text(await student.say("one")) == "one"
        assert (len(server.warmed), len(server.asked)) == (1, 1)


def test_room_is_left_in_a_small_window_for_the_answer_that_may_come() -> None:
    """Some servers count the cap of an answer in with its request."""
    for cap, full in ((0, 7_200), (500, 7_200), (2_000, 6_000), (7_000, 4_000)):
        fields: Payload = {"model": "m", **({"max_output_tokens": cap} if cap else {})}
        told = context.Context(fields, Student(), openai_client, lambda *of: None)
        assert told._full(8_000) == full


# Too long ---------------------------------------------------------------------------------------


async def dialogue(student: Student, turns: int) -> None:
    for number in range(turns):
        answered = {"type": "message", "role": "assistant", "content": f"answer {number}"}
        student.items += [prompts.student_message(f"question {number} " * 20), answered]


def texts(asked: Frame) -> list[str]:
    contents = [item.get("content") for item in asked["input"]]
    return [c if isinstance(c, str) else c[0]["text"] for c in contents if c]


@pytest.mark.parametrize("began", [False, True])
async def test_what_is_too_long_is_compacted_and_asked_again_at_once(
    connect: Connect, began: bool
) -> None:
    """Also where the refusal comes as the end of a response that had begun."""
    failed = {"type": "response.failed", "response": {"id": "r0", "error": TOO_LONG["error"]}}
    refusal = [created("r0"), failed] if began else [TOO_LONG]
    compacted = {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAA"}
    async with scripted(refusal, said("r1", "one"), said("r2", "two")) as server:
        server.compaction = lambda body: (200, {"id": "c1", "output": [compacted]})
        async with connect(server.base_url) as student:
            await student.ready()
            await dialogue(student, 4)
            assert text(await student.say("one")) == "one"
            assert text(await student.say("two")) == "two"
        # The last question is not compacted: it is what is asked.
        [(path, body)] = server.posted
        assert (path, len(body["input"])) == ("/v1/responses/compact", 8)
        assert server.asked[1]["input"][0] == compacted
        assert [len(asked["input"]) for asked in server.asked] == [9, 2, 1]


@pytest.mark.parametrize("status", [400, 404, 405, 500, 501])
async def test_where_nothing_compacts_the_oldest_turns_are_left_out(
    connect: Connect, status: int
) -> None:
    async with scripted([TOO_LONG], said("r1", "one"), said("r2", "two")) as server:
        server.compaction = lambda body: (status, {"error": TOO_LONG["error"]})
        async with connect(server.base_url) as student:
            await student.ready()
            await dialogue(student, LONG)
            assert text(await student.say("one")) == "one"
            assert text(await student.say("two")) == "two"
        note, *kept, question = texts(server.asked[1])
        assert "left out" in note
        assert question == "one"
        assert kept[-1] == f"answer {LONG - 1}"
        assert 2 <= len(kept) < 2 * LONG
        assert len(server.asked[2]["input"]) == 1


async def test_if_half_is_too_long_the_last_turn_alone_is_asked(connect: Connect) -> None:
    async with (
        scripted([TOO_LONG], [TOO_LONG], said("r1", "one")) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        await dialogue(student, LONG)
        assert text(await student.say("one")) == "one"
        note, question = texts(server.asked[2])
        assert ("left out" in note, question) == (True, "one")


async def test_a_question_that_is_too_long_itself_does_not_end_the_dialogue(
    connect: Connect,
) -> None:
    def small(frame: Frame) -> list[Frame]:
        too_long = sum(map(len, texts(frame))) > 1_000
        return [TOO_LONG] if too_long else said("r1", "Well?")

    async with scripted(*[small] * 12) as server, connect(server.base_url) as student:
        await student.ready()
        await dialogue(student, 1)
        failed = await student.say("x" * 2_000)
        assert isinstance(failed, ModelFailed)
        assert (failed.message, failed.may_retry) == (parse.TOO_LONG, False)
        assert text(await student.say("Why?")) == "Well?"
        assert text(await student.say("And?")) == "Well?"


async def test_what_was_read_is_not_replaced_unseen(connect: Connect) -> None:
    """Where a part of the answer was shown, it is the turn that asks again."""
    failed = {"type": "response.failed", "response": {"id": "r0", "error": TOO_LONG["error"]}}
    async with (
        scripted([created("r0"), delta("Half"), failed], said("r1", "one")) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        await dialogue(student, 4)
        broke = await student.say("one")
        assert isinstance(broke, ModelFailed)
        assert broke.may_retry
        assert text(await student.ask()) == "one"
        assert "left out" in texts(server.asked[1])[0]


async def test_a_frame_that_no_server_takes_is_too_long(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_FRAME_BYTES", 6_000)
    async with scripted(said("r1", "one")) as server, connect(server.base_url) as student:
        await student.ready()
        await dialogue(student, 40)
        assert text(await student.say("one")) == "one"


async def test_what_will_not_fit_is_compacted_before_it_is_sent(
    connect: Connect, settings: Any
) -> None:
    settings.OPENAI_CONTEXT_TOKENS = 2_000
    async with (
        scripted(said("r1", "one"), said("r2", "two")) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        await dialogue(student, 20)
        assert text(await student.say("one")) == "one"
        assert "left out" in texts(server.asked[0])[0]
        assert text(await student.say("two")) == "two"
        assert len(server.asked) == 2
        # It is known by then that this server does not compact.
        assert len(server.posted) <= 1


@pytest.mark.parametrize(("window", "limit"), [(0, 1_500), (1_000, 700)])
async def test_without_a_price_the_length_of_a_dialogue_is_estimated(
    connect: Connect, settings: Any, window: int, limit: int
) -> None:
    settings.COMPACT_AT_TOKENS, settings.OPENAI_CONTEXT_TOKENS = 1_500, 0
    free = said("r1", "one")
    free[-1]["response"].pop("usage")
    async with scripted(free, free) as server, connect(server.base_url) as student:
        await student.ready()
        settings.OPENAI_CONTEXT_TOKENS = window
        await student.say("one")
        told = student.upstream.context
        assert told._tokens > 0
        assert told.is_long == (told._tokens > limit)
        settings.OPENAI_CONTEXT_TOKENS = 0
        student.items[:0] = [prompts.student_message("word " * 2_000)]
        await student.ask()
        assert told.is_long
        await told.compact()
        assert not told.is_long
        assert "left out" in student.items[0]["content"][0]["text"]


async def test_over_http_the_same_refusals_have_the_same_ways_out(connect: Connect) -> None:
    answers = ([SEALED], [TOO_LONG], said("r1", "one"), said("r2", "two"))
    async with scripted(*answers) as server:
        server.upgrades = False
        async with connect(server.base_url) as student:
            await dialogue(student, 4)
            student.items.insert(1, THOUGHT)
            assert text(await student.say("one")) == "one"
            assert isinstance(await student.say("two"), ModelFinished)
        assert THOUGHT not in server.asked[1]["input"]
        assert "left out" in texts(server.asked[2])[0]


async def test_a_socket_that_is_called_too_old_twice_is_no_way_out(connect: Connect) -> None:
    too_old = error("websocket_connection_limit_reached", "…")
    async with (
        scripted([too_old], [too_old], said("r1", "one")) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.may_retry
        assert text(await student.ask()) == "one"


# Compactions that fail --------------------------------------------------------------------------


async def test_a_compaction_refused_for_its_seals_is_made_once_more_without(
    connect: Connect,
) -> None:
    compacted = {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAA"}

    def compaction(body: Frame) -> tuple[int, Frame]:
        is_sealed = any("encrypted_content" in item for item in body["input"])
        refusal = (400, {"error": SEALED["error"]})
        return refusal if is_sealed else (200, {"id": "c1", "output": [compacted]})

    async with scripted([TOO_LONG], said("r1", "one")) as server:
        server.compaction = compaction
        async with connect(server.base_url) as student:
            await student.ready()
            await dialogue(student, 4)
            student.items.insert(1, THOUGHT)
            assert text(await student.say("one")) == "one"
            # And between two turns.
            student.items[:0] = [prompts.student_message("zero"), THOUGHT]
            await student.upstream.context.compact()
            assert student.items == [compacted]
        assert [len(body["input"]) for _, body in server.posted] == [9, 8, 5, 3]


async def test_an_endpoint_that_does_not_answer_is_waited_for_once(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert context.COMPACT_NOW_S <= 20
    # Long enough for the request to leave on a busy machine: the SDK loads a part of itself for it.
    monkeypatch.setattr(context, "COMPACT_NOW_S", 1.0)
    hangs = asyncio.Event()
    answers = [[TOO_LONG], said("r1", "one"), [TOO_LONG], said("r2", "two")]
    async with scripted(*answers) as server:
        post = server._post

        async def hanging(path: str, *connection: Any) -> None:
            if path.endswith("/compact"):
                server.posted.append((path, {}))
                await hangs.wait()
            await post(path, *connection)

        monkeypatch.setattr(server, "_post", hanging)
        async with connect(server.base_url) as student:
            await student.ready()
            for number in ("one", "two"):
                await dialogue(student, 6)
                assert text(await student.say(number)) == number
            assert len(server.posted) == 1
        hangs.set()


async def test_whatever_a_compaction_fails_for_no_session_ends(connect: Connect) -> None:
    async with scripted() as server, connect(server.base_url) as student:
        await student.ready()
        student.items.append({"type": "message"})

        async def payloads() -> list[Payload]:
            raise RuntimeError("secret")

        student.upstream.context._rows.payloads = payloads
        with capture_logs() as logs:
            await student.upstream.context.compact()
        assert [log["event"] for log in logs] == ["upstream.not_compacted"]
        assert "secret" not in str(logs)
