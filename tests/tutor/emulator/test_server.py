"""The emulator over a real socket: what arrives, what is refused, what goes wrong on order."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.tutor.emulator.wire import PATIENCE_S, dial
from tutor import emulator
from tutor.emulator import Fault, Pace, Request, Say
from tutor.emulator.protocol import MAX_FRAME_BYTES


def greet(_request: Request) -> list[Say]:
    return [Say("Hello there")]


async def close_code(wire) -> int | None:
    await asyncio.wait_for(wire.websocket.wait_closed(), PATIENCE_S)
    code: int | None = wire.websocket.close_code
    return code


class TestConversation:
    @pytest.mark.parametrize("compression", [None, "deflate"])
    async def test_a_response_arrives_with_and_without_compression(self, compression):
        async with (
            emulator.serve(model=greet) as server,
            dial(server, compression=compression) as wire,
        ):
            frames = await wire.ask()
        assert frames[-1]["response"]["output"][0]["content"][0]["text"] == "Hello there"

    async def test_two_requests_at_once_are_answered_one_after_the_other(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            await wire.create()
            await wire.create()
            first, second = await wire.read_all(), await wire.read_all()
        ids = [
            {f["response"]["id"] for f in frames if "response" in f} for frames in (first, second)
        ]
        assert [len(i) for i in ids] == [1, 1]
        assert ids[0] != ids[1]

    async def test_the_reader_answers_while_a_response_runs(self):
        asked, go_on = asyncio.Event(), asyncio.Event()

        async def patient(_request: Request) -> list[Say]:
            asked.set()
            await go_on.wait()
            return [Say("At last")]

        async with emulator.serve(model=patient) as server, dial(server) as wire:
            await wire.create()
            await asked.wait()
            await (await wire.websocket.ping())
            await wire.websocket.send("{")
            await wire.read(), await wire.read()
            assert (await wire.read())["error"]["code"] == "invalid_json"
            go_on.set()
            assert (await wire.read_all())[-1]["type"] == "response.completed"

    async def test_a_model_that_raises_is_a_failed_response(self):
        async with emulator.serve(model=emulator.script()) as server, dial(server) as wire:
            frames = await wire.ask()
            assert frames[-1]["response"]["error"]["code"] == "server_error"
            assert (await wire.ask(generate=False))[-1]["type"] == "response.completed"

    async def test_the_pace_is_kept(self):
        pace = Pace(first_token_s=0.05, tokens_per_s=50)
        loop = asyncio.get_running_loop()
        async with emulator.serve(model=greet, pace=pace) as server, dial(server) as wire:
            start = loop.time()
            await wire.ask()
            assert loop.time() - start >= 0.05 + 2 / 50

    async def test_the_cache_belongs_to_the_socket(self):
        async with emulator.serve(model=greet) as server:
            async with dial(server) as wire:
                previous = (await wire.ask())[-1]["response"]["id"]
            async with dial(server) as wire:
                (error,) = await wire.ask(previous_response_id=previous)
        assert error["error"]["code"] == "previous_response_not_found"

    async def test_a_frame_beyond_16_mib_closes_with_1009(self):
        async with emulator.serve(model=greet) as server:
            wire = await dial(server, compression=None).__aenter__()
            await wire.websocket.send("x" * (MAX_FRAME_BYTES + 1))
            assert await close_code(wire) == 1009

    async def test_a_frame_of_16_mib_is_read(self):
        async with emulator.serve(model=greet) as server, dial(server, compression=None) as wire:
            await wire.websocket.send("x" * MAX_FRAME_BYTES)
            assert (await wire.read())["error"]["code"] == "invalid_json"

    async def test_a_binary_frame_is_refused_and_the_socket_stays(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            await wire.websocket.send(b"{}")
            assert (await wire.read())["status"] == 400
            assert (await wire.ask())[-1]["type"] == "response.completed"

    async def test_leaving_the_block_closes_with_1001(self):
        async with emulator.serve(model=greet) as server:
            dialled = dial(server)
            wire = await dialled.__aenter__()
        assert await close_code(wire) == 1001
        await dialled.__aexit__(None, None, None)


class TestHandshake:
    @pytest.mark.parametrize(("key", "api_key"), [("", ""), ("wrong", "right")])
    async def test_without_a_good_key_nobody_enters(self, key, api_key):
        async with emulator.serve(model=greet, api_key=api_key) as server:
            with pytest.raises(InvalidStatus) as caught:
                async with dial(server, key=key):
                    pass
        assert caught.value.response.status_code == 401
        error = json.loads(caught.value.response.body or b"")["error"]
        assert error["code"] == "invalid_api_key"

    async def test_the_right_key_enters(self):
        async with (
            emulator.serve(model=greet, api_key="right") as server,
            dial(server, key="right"),
        ):
            pass

    @pytest.mark.parametrize("status", [401, 503])
    async def test_a_handshake_is_refused_on_order_once(self, status):
        async with emulator.serve(model=greet) as server:
            server.faults.refuse_handshakes(status)
            with pytest.raises(InvalidStatus) as caught:
                async with dial(server):
                    pass
            assert caught.value.response.status_code == status
            async with dial(server):
                pass

    @pytest.mark.parametrize(
        ("path", "status"),
        [("/healthz", 200), ("/v1/elsewhere", 404), ("/", 404), ("/v1/responses", 426)],
    )
    async def test_plain_requests_are_answered_in_json(self, path, status):
        async with emulator.serve(model=greet) as server, httpx2.AsyncClient() as http:
            headers = {"Authorization": "Bearer any"}
            response = await http.get(server.url + path, headers=headers)
        assert response.status_code == status
        assert response.headers["content-type"] == "application/json"
        assert response.json()

    async def test_a_connection_that_says_nothing_harms_nobody(self):
        async with emulator.serve(model=greet) as server:
            _, silent = await asyncio.open_connection("127.0.0.1", server.port)
            silent.close()
            await silent.wait_closed()
            async with dial(server) as wire:
                assert await wire.ask()


class TestFaults:
    @pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 1012, 1013])
    @pytest.mark.parametrize("after", [0, 1, 4, 10])
    async def test_the_socket_closes_where_and_how_it_was_told(self, code, after):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            server.faults.add(Fault("close", after=after, close_code=code))
            await wire.create()
            for _ in range(after):
                await wire.read()
            with pytest.raises(ConnectionClosed):
                await wire.read()
            assert await close_code(wire) == code
            assert server.faults.responses == []
        assert server.requests[0].outcome == "closed"

    async def test_what_waits_does_not_begin_on_a_socket_that_closes(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            server.faults.add(Fault("close", after=3), Fault("failed"))
            await wire.create()
            await wire.create()
            await close_code(wire)
        assert [entry.outcome for entry in server.requests] == ["closed", "abandoned"]
        assert server.faults.responses == [Fault("failed")]

    async def test_a_response_fails_and_the_next_one_does_not(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            server.faults.add(Fault("failed", code="rate_limit_exceeded"))
            frames = await wire.ask()
            assert [frame["type"] for frame in frames][-1] == "response.failed"
            assert frames[-1]["response"]["error"]["code"] == "rate_limit_exceeded"
            assert frames[-1]["sequence_number"] == len(frames) - 1
            assert (await wire.ask())[-1]["type"] == "response.completed"

    async def test_a_response_ends_early(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            server.faults.add(Fault("incomplete", after=5, reason="content_filter"))
            frames = await wire.ask()
        final = frames[-1]["response"]
        assert final["incomplete_details"] == {"reason": "content_filter"}
        assert final["output"][0]["content"][0]["text"] == "Hello"
        assert [frame["sequence_number"] for frame in frames] == list(range(len(frames)))

    async def test_overload_has_no_status_and_a_rate_limit_says_when(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            server.faults.add(Fault("overloaded"), Fault("rate_limited", retry_after_s=2))
            (overloaded,), (limited,) = await wire.ask(), await wire.ask()
        assert overloaded["error"]["code"] == "server_is_overloaded"
        assert "status" not in overloaded
        assert limited["status"] == 429
        assert limited["headers"] == limited["error"]["headers"] == {"retry-after": "2"}

    async def test_silence_lasts_until_the_client_leaves(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            server.faults.add(Fault("silence", after=2))
            await wire.create()
            await wire.read(), await wire.read()
            await (await wire.websocket.ping())
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(wire.read(), 0.1)
        assert server.requests[0].outcome == "abandoned"

    async def test_a_socket_that_stalls_does_not_even_answer_pings(self):
        async with emulator.serve(model=greet) as server, dial(server, close_timeout=0.1) as wire:
            server.faults.add(Fault("stall", after=4))
            await wire.create()
            for _ in range(4):
                await wire.read()
            pong = await wire.websocket.ping()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(pong, 0.2)
            async with dial(server) as other:
                assert (await other.ask())[-1]["type"] == "response.completed"

    async def test_unknown_events_come_in_between(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            server.faults.add(Fault("unknown_events", after=4))
            frames = await wire.ask()
        assert frames[4]["type"] == "codex.rate_limits"
        assert frames[-1]["type"] == "response.completed"

    async def test_a_fault_waits_for_a_response_that_speaks(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            server.faults.add(Fault("failed"))
            assert (await wire.ask(generate=False))[-1]["type"] == "response.completed"
            assert (await wire.ask())[-1]["type"] == "response.failed"

    async def test_forgetting_brings_not_found(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            previous = (await wire.ask())[-1]["response"]["id"]
            server.forget()
            (error,) = await wire.ask(previous_response_id=previous)
        assert error["error"]["code"] == "previous_response_not_found"


class TestControl:
    async def post(self, server, document: Any, **options: Any) -> httpx2.Response:
        async with httpx2.AsyncClient() as http:
            return await http.post(f"{server.url}/emulator/faults", json=document, **options)

    async def test_faults_can_be_ordered_from_another_process(self):
        async with emulator.serve(model=greet) as server:
            response = await self.post(server, {"name": "close", "after": 3, "close_code": 1012})
            assert (response.status_code, response.json()) == (200, {"pending": 1})
            assert server.faults.responses == [Fault("close", after=3, close_code=1012)]
            await self.post(server, {"name": "clear"})
            assert server.faults.responses == []
            await self.post(server, {"name": "refuse_handshake", "status": 503, "times": 2})
            assert server.faults.handshakes == [503, 503]

    async def test_forget_can_be_ordered(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            previous = (await wire.ask())[-1]["response"]["id"]
            await self.post(server, {"name": "forget"})
            (error,) = await wire.ask(previous_response_id=previous)
        assert error["status"] == 400

    @pytest.mark.parametrize(
        "document",
        [
            {},
            [],
            {"name": "flood"},
            {"name": "close", "when": 3},
            {"name": "close", "after": "3"},
            {"name": "refuse_handshake", "status": 99},
        ],
    )
    async def test_a_wrong_order_is_explained(self, document):
        async with emulator.serve(model=greet) as server:
            response = await self.post(server, document)
            assert response.status_code == 400
            assert response.json()["error"]["message"]
            assert server.faults.responses == []

    async def test_a_page_in_a_browser_cannot_order(self):
        async with emulator.serve(model=greet) as server:
            headers = {"Content-Type": "text/plain"}
            response = await self.post(server, {"name": "clear"}, headers=headers)
        assert response.status_code == 415


class TestLog:
    async def test_a_line_per_request_and_never_what_was_said(self, tmp_path):
        log = tmp_path / "requests.jsonl"
        async with emulator.serve(model=greet, log=log) as server, dial(server) as wire:
            frames = await wire.ask(input="My secret canary")
            previous = frames[-1]["response"]["id"]
            await wire.ask(input=[], previous_response_id=previous, generate=False)
            await wire.ask(previous_response_id="resp_lost", store=None)
            await wire.websocket.send("canary{")
            await wire.read()
        text = log.read_text()
        assert "canary" not in text
        first, second, third, fourth = map(json.loads, text.splitlines())
        assert first["response_id"] == previous
        assert (first["outcome"], first["store"], first["input_items"]) == ("completed", False, 1)
        assert (second["generate"], second["previous_response_id"]) == (False, previous)
        assert second["input_items"] == 0
        assert (third["outcome"], third["store"]) == ("previous_response_not_found", True)
        assert (fourth["type"], fourth["outcome"]) == ("malformed", "invalid_json")
        assert set(first) == {
            "time", "connection", "type", "bytes", "store", "generate", "previous_response_id",
            "input_items", "model", "stream_id", "response_id", "outcome",
        }  # fmt: skip

    async def test_tests_see_the_frames_that_were_sent(self):
        async with emulator.serve(model=greet) as server, dial(server) as wire:
            await wire.ask(input="Hi", instructions="Be kind.")
            (request,) = server.requests
        assert request.frame["instructions"] == "Be kind."
        assert request.bytes > 50

    async def test_a_server_that_does_not_record_keeps_nothing(self):
        async with emulator.serve(model=greet, record=False) as server, dial(server) as wire:
            await wire.ask()
            assert server.requests == []
