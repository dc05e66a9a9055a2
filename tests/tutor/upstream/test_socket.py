"""The student's socket against the emulator, over a real one."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from tests.polling import wait_here_until
from tests.tutor.asking import Connect, Student
from tutor import emulator
from tutor.emulator import Call, Fault, Pace, Say, script
from tutor.method import prompts
from tutor.protocol.events import (
    ModelFailed,
    ModelFinished,
    ModelReachable,
    ModelSlow,
    ModelSpoke,
    ModelSteered,
    ModelWarmed,
)
from tutor.upstream import Upstream, parse, socket
from tutor.upstream.causes import SOCKET_TOO_OLD
from tutor.upstream.request import Answer

pytestmark = pytest.mark.usefixtures("quick_backoff")


def frames(server: emulator.Emulator) -> list[dict[str, Any]]:
    return [exchange.frame for exchange in server.requests if exchange.frame]


async def test_the_socket_is_warmed_up_before_the_first_question(connect: Connect) -> None:
    async with emulator.serve() as server, connect(server.base_url) as student:
        await student.ready()
        [warm_up] = frames(server)
        assert warm_up["generate"] is False
        assert warm_up["input"] == []
        assert warm_up["instructions"] == "Ask."
        assert warm_up["tools"][0]["name"] == "execute_code"


async def test_on_a_warm_socket_only_what_is_new_goes_upstream(connect: Connect) -> None:
    model = script([Say("What if?")], [Say("And now?")], [Say("Why?")])
    async with emulator.serve(model=model) as server, connect(server.base_url) as student:
        await student.ready()
        for text in ("one", "two", "three"):
            assert isinstance(await student.say(text), ModelFinished)
        sent = frames(server)
        assert [len(frame["input"]) for frame in sent] == [0, 1, 1, 1]
        assert sent[-1]["input"][0]["content"][0]["text"] == "three"
        assert all(frame["previous_response_id"] for frame in sent[1:])


async def test_store_is_false_in_every_request(connect: Connect) -> None:
    async with emulator.serve() as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("Why?")
        assert [frame["store"] for frame in frames(server)] == [False, False]


async def test_the_text_comes_in_pieces_and_then_whole(connect: Connect) -> None:
    model = script([Say("What happens if the list is empty?")])
    async with emulator.serve(model=model) as server, connect(server.base_url) as student:
        await student.ready()
        student.items.append(prompts.student_message("Why?"))
        await student.upstream.ask(1)
        pieces = []
        while isinstance(event := await student.next(ModelSpoke, ModelFinished), ModelSpoke):
            pieces.append(event.text)
        assert len(pieces) > 1
        assert "".join(pieces) == "What happens if the list is empty?"
        assert event.items[0]["content"][0]["text"] == "What happens if the list is empty?"


async def test_a_forgotten_response_is_replaced_by_the_whole_history(connect: Connect) -> None:
    model = script([Say("What if?")], [Say("And now?")])
    async with emulator.serve(model=model) as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("one")
        server.forget()
        assert isinstance(await student.say("two"), ModelFinished)
        delta, full = frames(server)[-2:]
        assert delta["previous_response_id"]
        assert not full.get("previous_response_id")
        assert [item["role"] for item in full["input"]] == ["user", "assistant", "user"]


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 1012, 1013])
async def test_a_lost_socket_is_reopened_and_told_everything(connect: Connect, code: int) -> None:
    model = script([Say("What if?")], [Say("And now?")], [Say("And now?")])
    async with emulator.serve(model=model) as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("one")
        server.faults.add(Fault("close", after=5, close_code=code))
        failed = await student.say("two")
        assert isinstance(failed, ModelFailed)
        assert failed.may_retry
        assert isinstance(await student.ask(), ModelFinished)
        told = frames(server)
        again = next(frame for frame in told[3:] if len(frame["input"]) == 3)
        assert not again.get("previous_response_id")


async def test_a_socket_lost_while_idle_comes_back_warm(connect: Connect) -> None:
    async with emulator.serve() as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("one")
        connection = student.upstream._connection
        assert connection
        await connection.close()
        await student.ready()
        warm_up = frames(server)[-1]
        assert warm_up["generate"] is False
        assert len(warm_up["input"]) == len(student.items)


async def test_nothing_of_a_dropped_answer_reaches_the_next_one(connect: Connect) -> None:
    slow = Pace(tokens_per_s=40)
    model = script([Say("old " * 20)], [Say("new")])
    async with (
        emulator.serve(model=model, pace=slow) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        student.items.append(prompts.student_message("one"))
        asking = asyncio.create_task(student.upstream.ask(1))
        await student.next(ModelSpoke)
        asking.cancel()
        await asyncio.wait([asking])
        while not student.events.empty():
            student.events.get_nowait()
        student.requests = 1
        answer = await student.say("two")
        assert isinstance(answer, ModelFinished)
        assert answer.items[0]["content"][0]["text"] == "new"


async def test_a_dropped_answer_that_never_ends_costs_only_its_socket(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "DRAIN_S", 0.05)
    async with (
        emulator.serve(model=script([Say("old")], [Say("new")])) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        server.faults.add(Fault("silence", after=4))
        student.items.append(prompts.student_message("one"))
        asking = asyncio.create_task(student.upstream.ask(1))
        await wait_here_until(lambda: len(server.requests) == 2, 10)
        asking.cancel()
        await asyncio.wait([asking])
        student.requests = 1
        await student.say("two")
        answer = student.items[-1]
        assert answer["role"] == "assistant"


@pytest.mark.parametrize(
    ("fault", "may_retry"),
    [
        (Fault("failed"), True),
        (Fault("failed", code="invalid_prompt"), False),
        (Fault("overloaded"), True),
        (Fault("rate_limited"), True),
    ],
)
async def test_a_failed_response_says_whether_asking_again_makes_sense(
    connect: Connect, fault: Fault, may_retry: bool
) -> None:
    async with emulator.serve() as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(fault)
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.may_retry is may_retry
        assert failed.message
        assert isinstance(await student.ask(), ModelFinished)


async def test_the_time_the_api_wants_to_be_left_alone_is_told(connect: Connect) -> None:
    async with emulator.serve() as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("rate_limited", retry_after_s=7))
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.retry_after_s == 7


async def test_an_old_socket_is_replaced_between_two_answers(
    connect: Connect, settings: Any
) -> None:
    async with emulator.serve() as server, connect(server.base_url) as student:
        settings.UPSTREAM_ROTATE_S = 0.2
        await student.ready()
        await student.say("one")
        await student.ready()
        assert [exchange.connection for exchange in server.requests][-1] == 2
        settings.UPSTREAM_ROTATE_S = 60
        assert isinstance(await student.say("two"), ModelFinished)


async def test_a_student_who_does_not_ask_has_no_socket_until_the_next_question(
    connect: Connect, settings: Any
) -> None:
    settings.UPSTREAM_IDLE_S = 0.1
    async with emulator.serve() as server, connect(server.base_url) as student:
        await student.ready()
        await wait_here_until(lambda: server.open_connections == 0, 10)
        assert student.events.empty()
        settings.UPSTREAM_IDLE_S = 60
        assert isinstance(await student.say("one"), ModelFinished)
        assert len(server.requests) == 2  # a waiting question needs no warm-up


@pytest.mark.parametrize("while_idle", [True, False])
async def test_a_socket_that_the_api_calls_too_old_is_replaced_without_a_word(
    connect: Connect, while_idle: bool
) -> None:
    too_old = {"type": "error", "status": 400, "error": {
        "type": "invalid_request_error", "code": SOCKET_TOO_OLD, "message": "…"}}  # fmt: skip
    async with emulator.serve() as server, connect(server.base_url) as student:
        await student.ready()
        connection = student.upstream._connection
        assert connection
        if while_idle:
            await student.upstream._heard(connection, json.dumps(too_old).encode())
            await student.ready()
        else:
            heard = student.upstream._heard
            student.upstream._heard = too_old_once(heard, too_old)
        answer = await student.say("one")
        assert isinstance(answer, ModelFinished)
        assert server.requests[-1].connection == 2


def too_old_once(heard: Any, frame: dict[str, Any]) -> Any:
    """Puts the frame in place of the next one that is heard."""
    frames = [json.dumps(frame).encode()]

    async def replaced(connection: Any, raw: bytes) -> None:
        await heard(connection, frames.pop() if frames else raw)

    return replaced


async def test_a_silent_warm_up_does_not_cost_the_first_question(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "WARM_UP_TIMEOUT_S", 0.1)
    async with emulator.serve() as server:
        server.faults.add(Fault("silence", warm_ups=True))
        async with connect(server.base_url) as student:
            await wait_here_until(lambda: len(server.requests) == 1, 10)
            assert isinstance(await student.say("one"), ModelFinished)


async def test_a_server_that_takes_sockets_and_closes_them_is_asked_less_and_less(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def pause(self: Upstream, seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(Upstream, "_pause", pause)
    monkeypatch.setattr(socket, "BACKOFF_S", (1, 2, 3, 4))
    async with emulator.serve() as server:
        server.faults.add(*[Fault("close", warm_ups=True)] * 3)
        async with connect(server.base_url) as student:
            await student.ready()
            await wait_here_until(lambda: len(server.requests) == 4, 10)
    assert pauses == [1, 2, 3]


async def test_a_long_silence_is_told(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "SLOW_S", 0.05)
    monkeypatch.setattr(socket, "ANSWER_TIMEOUT_S", 0.5)
    async with emulator.serve() as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("silence"))
        asking = asyncio.create_task(student.upstream.ask(1))
        assert (await student.next(ModelSlow)).request == 1
        await asking


async def test_what_a_response_cost_is_told(connect: Connect) -> None:
    async with emulator.serve() as server, connect(server.base_url) as student:
        warmed = await student.next(ModelWarmed)
        assert warmed.usage.input > 0
        assert warmed.usage.output == 0
        answer = await student.say("one")
        assert isinstance(answer, ModelFinished)
        assert answer.usage.output > 0
        assert len(server.requests) == 2


async def test_an_incomplete_response_says_so(connect: Connect) -> None:
    async with emulator.serve() as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("incomplete", after=6, reason="max_output_tokens"))
        answer = await student.say("one")
        assert isinstance(answer, ModelFinished)
        assert answer.cut_short == "max_output_tokens"


async def test_unknown_events_are_passed_over(connect: Connect) -> None:
    async with emulator.serve() as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("unknown_events"))
        assert isinstance(await student.say("one"), ModelFinished)


async def test_without_a_server_the_student_is_told(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "READY_TIMEOUT_S", 0.2)
    async with connect("http://127.0.0.1:9/v1") as student:
        lost = await student.next(ModelReachable)
        assert (lost.reachable, lost.message) == (False, parse.UNREACHABLE)
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.message == parse.UNREACHABLE


async def test_a_refused_key_is_told_as_not_available(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "READY_TIMEOUT_S", 0.2)
    async with emulator.serve(api_key="another") as server, connect(server.base_url) as student:
        lost = await student.next(ModelReachable)
        assert lost.message == parse.NOT_ALLOWED
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.message == parse.NOT_ALLOWED


async def test_where_no_websocket_gets_through_questions_go_over_http(connect: Connect) -> None:
    model = script([Say("What if?")], [Say("And now?")], [Say("Why?")])
    async with emulator.serve(model=model) as server:
        server.faults.refuse_handshakes(503, times=1_000)
        async with connect(server.base_url) as student:
            answer = await student.say("one")
            assert isinstance(answer, ModelFinished)
            assert answer.items[0]["content"][0]["text"] == "What if?"
            assert isinstance(await student.say("two"), ModelFinished)
            assert [exchange.store for exchange in server.requests] == [False, False]
            assert len(frames(server)[-1]["input"]) == 3
            server.faults.clear()
            await student.ready()
            await wait_here_until(lambda: server.open_connections == 1, 10)
            assert isinstance(await student.say("three"), ModelFinished)


async def test_over_http_a_busy_api_says_how_long(connect: Connect) -> None:
    async with emulator.serve() as server:
        server.faults.refuse_handshakes(503, times=1_000)
        async with connect(server.base_url) as student:
            server.faults.add(Fault("rate_limited", retry_after_s=7))
            failed = await student.say("one")
            assert isinstance(failed, ModelFailed)
            assert (failed.may_retry, failed.retry_after_s) == (True, 7)


async def test_a_silent_model_ends_in_an_error_at_the_deadline(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "ANSWER_TIMEOUT_S", 0.2)
    async with emulator.serve() as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("silence"))
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.message == parse.SILENT


# Steering --------------------------------------------------------------------------------------

# Slow enough for somebody to type meanwhile.
SLOWLY = Pace(tokens_per_s=20)
QUESTION = Say("What do you expect it to print, and why?")


async def steered(student: Student, text: str = "Wait!") -> ModelFinished | ModelFailed:
    """Ask, and say more as soon as the answer is on its way."""
    student.items.append(prompts.student_message("Why?"))
    student.requests += 1
    asking = asyncio.create_task(student.upstream.ask(student.requests))
    await student.next(ModelSpoke)
    message = prompts.student_message(text)
    await student.upstream.steer(student.requests, "message-2", message)
    first = await student.next(ModelSteered, ModelFinished, ModelFailed)
    if isinstance(first, ModelSteered):
        assert first.delivered_ids == ("message-2",)
        student.items += [*first.items, message]
        last: ModelFinished | ModelFailed = await student.next(ModelFinished, ModelFailed)
    else:
        last = first
    await asking
    if isinstance(last, ModelFinished):
        student.items += [*last.items, *([message] if last.delivered_ids else [])]
    return last


async def test_a_steered_answer_goes_on_and_the_next_question_sends_only_itself(
    connect: Connect,
) -> None:
    model = script([QUESTION], [Say("I see.")], [Say("And?")])
    serving = emulator.serve(model=model, pace=SLOWLY)
    async with serving as server, connect(server.base_url) as student:
        await student.ready()
        assert isinstance(await steered(student), ModelFinished)
        roles = [item["role"] for item in student.items]
        assert roles == ["user", "assistant", "user", "assistant"]
        assert isinstance(await student.say("Then?"), ModelFinished)
        assert len(frames(server)[-1]["input"]) == 1
        assert frames(server)[-1]["previous_response_id"]


async def test_what_is_said_while_the_model_calls_is_heard_with_the_output(
    connect: Connect,
) -> None:
    # Long enough to be steered before the call is whole.
    runs = Call("execute_code", json.dumps({"code": "print(1) # " + "x " * 30, "stdin": ""}))
    model = script([runs], [Say("I see.")])
    serving = emulator.serve(model=model, pace=SLOWLY)
    async with serving as server, connect(server.base_url) as student:
        await student.ready()
        student.items.append(prompts.student_message("Why?"))
        student.requests += 1
        asking = asyncio.create_task(student.upstream.ask(student.requests))
        await asyncio.sleep(0)  # the asking has begun
        message = prompts.student_message("Wait!")
        await student.upstream.steer(student.requests, "message-2", message)
        finished = await student.next(ModelFinished)
        await asking
        assert finished.delivered_ids == ("message-2",)
        [call] = finished.items
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "1"}
        student.items += [call, message, output]
        assert isinstance(await student.ask(), ModelFinished)
        assert frames(server)[-1]["input"] == [output]
        assert frames(server)[-1]["previous_response_id"]


async def test_a_gateway_that_does_not_know_steering_is_asked_again_without(
    connect: Connect,
) -> None:
    """It answers the steering with an error, and goes on with the response all the same."""

    def event(kind: str, **fields: Any) -> str:
        return json.dumps({"type": f"response.{kind}", **fields})

    def completed(name: str, text: str) -> str:
        said = {"type": "message", "role": "assistant", "content": [{"text": text}]}
        return event("completed", response={"id": name, "output": [said]})

    asked: list[str] = []

    async def gateway(line: ServerConnection) -> None:
        async for frame in line:
            asked.append(json.loads(frame)["type"])
            name = f"resp_{len(asked)}"
            if asked[-1] == "response.steer":
                await line.send('{"type": "error", "error": {"code": "unknown_type"}}')
                await line.send(completed("resp_old", "ANSWER TO THE OLD QUESTION"))
            elif json.loads(frame).get("generate") is False:
                await line.send(event("completed", response={"id": name, "output": []}))
            else:
                await line.send(event("created", response={"id": name}))
                await line.send(event("output_text.delta", delta="What "))
                if "response.steer" in asked:
                    await line.send(completed(name, "What now?"))

    async with serve(gateway, "127.0.0.1", 0) as server:
        [port] = {address.getsockname()[1] for address in server.sockets}
        async with connect(f"http://127.0.0.1:{port}/v1") as student:
            await student.ready()
            failed = await steered(student)
            assert isinstance(failed, ModelFailed)
            assert failed.may_retry
            for _ in range(2):
                answer = await student.ask()
                assert isinstance(answer, ModelFinished)
                assert answer.items[0]["content"][0]["text"] == "What now?"
        assert asked.count("response.steer") == 1


async def test_a_whole_answer_counts_if_the_socket_is_lost_behind_it() -> None:
    answer = Answer([])
    await answer.take_in(parse.Began("resp_1"))
    answer.steered(("message-2", {}))
    whole = parse.Ended("resp_1", ({"type": "message"},))
    await answer.take_in(whole)
    assert not answer.ended.done()
    answer.end(socket.LOST)
    assert answer.ended.result() == whole


async def test_after_a_forgotten_response_the_answer_comes_in_pieces_too(connect: Connect) -> None:
    model = script([Say("What if?")], [Say("And now, what do you think of it?")])
    serving = emulator.serve(model=model, pace=SLOWLY)
    async with serving as server, connect(server.base_url) as student:
        await student.ready()
        await student.say("one")
        server.forget()
        student.items.append(prompts.student_message("two"))
        asking = asyncio.create_task(student.upstream.ask(2))
        assert isinstance(await student.next(ModelSpoke, ModelFinished), ModelSpoke)
        await student.next(ModelFinished)
        await asking


async def test_a_socket_that_gets_too_old_in_an_answer_takes_back_what_was_said(
    connect: Connect,
) -> None:
    serving = emulator.serve(model=script([QUESTION], [QUESTION]))
    async with serving as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("limit", after=6))
        failed = await student.say("Why?")
        assert isinstance(failed, ModelFailed)
        assert failed.may_retry
        assert isinstance(await student.ask(), ModelFinished)


@pytest.mark.parametrize(
    "code", ["too_many_pending_steers", "successor_creation_failed", "steering_not_supported"]
)
async def test_what_the_model_cannot_be_told_now_leaves_the_answer_as_it_is(
    connect: Connect, code: str
) -> None:
    serving = emulator.serve(model=script([QUESTION], [Say("I see.")]), pace=SLOWLY)
    async with serving as server:
        server.faults.fail_steer(code)
        async with connect(server.base_url) as student:
            await student.ready()
            finished = await steered(student)
            assert isinstance(finished, ModelFinished)
            assert not finished.delivered_ids
            assert finished.items[0]["content"][0]["text"] == QUESTION.text


async def test_a_socket_lost_after_steering_loses_nothing_that_was_said(connect: Connect) -> None:
    serving = emulator.serve(model=script([QUESTION], [Say("I see.")]), pace=SLOWLY)
    async with serving as server, connect(server.base_url) as student:
        await student.ready()
        server.faults.add(Fault("close", after=5))
        student.items.append(prompts.student_message("Why?"))
        asking = asyncio.create_task(student.upstream.ask(1))
        await student.next(ModelSpoke)
        message = prompts.student_message("Wait!")
        await student.upstream.steer(1, "message-2", message)
        assert isinstance(await student.next(ModelSteered, ModelFailed), ModelFailed)
        await asking
        # Nobody has said that it was told: it is an item from now on, and all is told anew.
        student.items.append(message)
        student.requests = 1
        assert isinstance(await student.ask(), ModelFinished)
        assert len(frames(server)[-1]["input"]) == 2
