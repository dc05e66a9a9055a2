"""The same rules without a socket, as the SDK's ordinary methods and a bare client see them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import openai
import pytest
from openai import AsyncOpenAI
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.tutor.emulator.wire import PATIENCE_S, dial
from tutor import emulator
from tutor.emulator import Call, Emulator, Fault, Request, Say

EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
MODEL = "gpt-6-astra"


def count(request: Request) -> list[Any]:
    return [Say(f"I know {len(request.items)} items.")]


@asynccontextmanager
async def sdk(server: Emulator) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=server.base_url, api_key="any", max_retries=0) as client:
        yield client


async def post(server: Emulator, path: str, body: Any, key: str = "any") -> httpx2.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with httpx2.AsyncClient() as http:
        return await http.post(server.base_url + path, content=content, headers=headers)


class TestResponses:
    async def test_one_document(self):
        async with emulator.serve(model=count) as server, sdk(server) as client:
            response = await client.responses.create(model=MODEL, input="Hi", store=False)
        assert response.output_text == "I know 1 items."
        assert set(response.to_dict()) >= set(Response.model_fields) - {"conversation"}

    async def test_a_stream_has_the_events_of_the_socket(self):
        request: dict[str, Any] = {"model": MODEL, "input": "Hi", "store": False}
        async with emulator.serve(model=count) as server, sdk(server) as client:
            stream = await client.responses.create(**request, stream=True)
            streamed = [event.to_dict() async for event in stream]
            async with dial(server) as wire:
                framed = await wire.ask()
        assert [e["type"] for e in streamed] == [e["type"] for e in framed]
        assert [e["sequence_number"] for e in streamed] == list(range(len(streamed)))
        for event in streamed:
            assert EVENTS.validate_python(event).type == event["type"]

    async def test_the_sdk_collects_a_stream(self):
        call = Call("execute_code", '{"code": "print(1)"}')
        async with (
            emulator.serve(model=emulator.script([Say("I run it."), call])) as server,
            sdk(server) as client,
            client.responses.stream(model=MODEL, input="Hi", store=False) as stream,
        ):
            final = await stream.get_final_response()
        assert [item.type for item in final.output] == ["message", "function_call"]

    async def test_a_stored_response_is_continued_found_and_deleted(self):
        async with emulator.serve(model=count) as server, sdk(server) as client:
            first = await client.responses.create(model=MODEL, input="Hi")
            second = await client.responses.create(
                model=MODEL, input="And?", previous_response_id=first.id
            )
            assert second.output_text == "I know 3 items."
            assert (await client.responses.retrieve(first.id)).to_dict() == first.to_dict()
            async with dial(server) as wire:
                frames = await wire.ask(previous_response_id=first.id)
                assert frames[-1]["type"] == "response.completed"
            await client.responses.delete(first.id)
            with pytest.raises(openai.NotFoundError):
                await client.responses.retrieve(first.id)
            with pytest.raises(openai.NotFoundError):
                await client.responses.delete(first.id)

    async def test_what_is_not_stored_is_not_found(self):
        async with emulator.serve(model=count) as server, sdk(server) as client:
            first = await client.responses.create(model=MODEL, input="Hi", store=False)
            with pytest.raises(openai.NotFoundError):
                await client.responses.retrieve(first.id)
            with pytest.raises(openai.BadRequestError) as caught:
                await client.responses.create(
                    model=MODEL, input="And?", previous_response_id=first.id
                )
        assert caught.value.code == "previous_response_not_found"

    async def test_a_socket_that_stores_nothing_leaves_nothing_behind(self):
        async with (
            emulator.serve(model=count) as server,
            dial(server) as wire,
            sdk(server) as client,
        ):
            kept = (await wire.ask(store=False))[-1]["response"]["id"]
            with pytest.raises(openai.NotFoundError):
                await client.responses.retrieve(kept)

    @pytest.mark.parametrize(
        ("body", "param"),
        [
            ({"input": "Hi"}, "model"),
            ({"model": MODEL}, "input"),
            ({"model": MODEL, "input": [{"type": "thought"}]}, "input[0].type"),
            ({"model": MODEL, "input": "Hi", "stream_id": "lane"}, "stream_id"),
            ({"model": MODEL, "input": "Hi", "generate": False}, "generate"),
            ({"model": MODEL, "input": "Hi", "background": True}, "background"),
            (b"{", None),
            (b"[]", None),
        ],
    )
    async def test_what_is_wrong_is_an_http_error(self, body, param):
        async with emulator.serve(model=count) as server:
            response = await post(server, "/responses", body)
        assert response.status_code == 400
        error = response.json()["error"]
        assert (error["type"], error["param"]) == ("invalid_request_error", param)

    @pytest.mark.parametrize("key", ["", "wrong"])
    async def test_without_a_good_key_nobody_is_answered(self, key):
        async with emulator.serve(model=count, api_key="right") as server:
            response = await post(server, "/responses", {"model": MODEL, "input": "Hi"}, key)
        assert response.status_code == 401
        assert server.requests == []

    async def test_a_long_conversation_fits(self):
        async with emulator.serve(model=count) as server, sdk(server) as client:
            response = await client.responses.create(
                model=MODEL, input="x" * 20_000_000, store=False
            )
        assert response.status == "completed"

    async def test_the_log_tells_of_it(self):
        async with emulator.serve(model=count) as server, sdk(server) as client:
            await client.responses.create(model=MODEL, input="Hi", store=False)
        (entry,) = server.requests
        assert (entry.type, entry.store, entry.outcome) == (
            "POST /v1/responses", False, "completed",
        )  # fmt: skip


class TestFaults:
    @pytest.mark.parametrize("stream", [False, True])
    async def test_errors_before_the_first_event_are_http_errors(self, stream):
        request: dict[str, Any] = {"model": MODEL, "input": "Hi", "stream": stream}
        async with emulator.serve(model=count) as server, sdk(server) as client:
            server.faults.add(Fault("rate_limited", retry_after_s=3), Fault("overloaded"))
            with pytest.raises(openai.RateLimitError) as limited:
                await client.responses.create(**request)
            assert limited.value.response.headers["retry-after"] == "3"
            with pytest.raises(openai.InternalServerError) as overloaded:
                await client.responses.create(**request)
            assert overloaded.value.status_code == 503
            assert overloaded.value.code == "server_is_overloaded"

    async def test_an_error_in_the_middle_of_a_stream_is_flat(self):
        async with emulator.serve(model=count) as server:
            server.faults.add(Fault("overloaded", after=4))
            body = {"model": MODEL, "input": "Hi", "stream": True}
            text = (await post(server, "/responses", body)).text
        last = json.loads(text.strip().splitlines()[-1].removeprefix("data: "))
        assert EVENTS.validate_python(last).code == "server_is_overloaded"
        assert last["sequence_number"] == 4

    async def test_a_response_fails_and_ends_early(self):
        async with emulator.serve(model=count) as server, sdk(server) as client:
            server.faults.add(Fault("failed"), Fault("incomplete"))
            with pytest.raises(openai.InternalServerError):
                await client.responses.create(model=MODEL, input="Hi")
            early = await client.responses.create(model=MODEL, input="Hi")
        assert (early.status, early.incomplete_details and early.incomplete_details.reason) == (
            "incomplete", "max_output_tokens",
        )  # fmt: skip

    @pytest.mark.parametrize("code", [1000, 1006])
    @pytest.mark.parametrize("after", [0, 1, 4])
    async def test_a_stream_that_is_cut_is_no_whole_answer(self, code, after):
        async with emulator.serve(model=count) as server:
            server.faults.add(Fault("close", after=after, close_code=code))
            with pytest.raises(httpx2.TransportError):
                await post(server, "/responses", {"model": MODEL, "input": "Hi", "stream": True})
            assert server.requests[0].outcome == "closed"

    async def test_requests_are_refused_on_order(self):
        async with emulator.serve(model=count) as server, sdk(server) as client:
            server.faults.refuse_requests(503)
            with pytest.raises(openai.InternalServerError):
                await client.responses.create(model=MODEL, input="Hi")
            async with dial(server) as wire:
                assert (await wire.ask())[-1]["type"] == "response.completed"

    async def test_who_leaves_a_stream_ends_it(self):
        async with emulator.serve(model=count) as server, sdk(server) as client:
            server.faults.add(Fault("silence", after=2))
            stream = await client.responses.create(model=MODEL, input="Hi", stream=True)
            async for event in stream:
                if event.type == "response.in_progress":
                    break
            await stream.close()
            # Leaving the server waits for whoever is still being answered.
        assert server.requests[0].outcome == "abandoned"

    async def test_a_stream_does_not_keep_the_server_from_ending(self):
        request: dict[str, Any] = {"model": MODEL, "input": "Hi", "stream": True}
        async with asyncio.timeout(PATIENCE_S):
            async with emulator.serve(model=count) as server:
                client = AsyncOpenAI(base_url=server.base_url, api_key="any")
                server.faults.add(Fault("silence", after=1))
                events = aiter(await client.responses.create(**request))
                await anext(events)
            with pytest.raises(openai.APIConnectionError):
                await anext(events)
        await client.close()


class TestConnection:
    async def test_one_connection_carries_many_requests(self):
        body = {"model": MODEL, "input": "Hi", "store": False}
        headers = {"Authorization": "Bearer any"}
        peers = set()

        async def look(response: httpx2.Response) -> None:
            peers.add(response.extensions["network_stream"].get_extra_info("client_addr"))

        async with (
            emulator.serve(model=count) as server,
            httpx2.AsyncClient(headers=headers, event_hooks={"response": [look]}) as http,
        ):
            url = f"{server.base_url}/responses"
            for fields in ({}, {"stream": True}, {"model": None}, {}):
                response = await http.post(url, json=body | fields)
                assert response.status_code == (400 if "model" in fields else 200)
            server.faults.refuse_requests(503)
            assert (await http.post(url, json=body)).status_code == 503
            assert len(peers) == 1
            assert (await http.get(f"{server.base_url}/models")).status_code == 200
            assert (await http.post(url, json=body)).status_code == 200

    async def test_who_wants_it_closed_gets_it_closed(self):
        async with emulator.serve(model=count) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"DELETE /v1/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = await asyncio.wait_for(reader.read(), PATIENCE_S)
            writer.close()
        assert answer.startswith(b"HTTP/1.1 401")


class TestOthers:
    async def test_tokens_are_counted_as_a_response_counts_them(self):
        async with emulator.serve(model=count) as server, sdk(server) as client:
            request: dict[str, Any] = {"model": MODEL, "instructions": "Be kind.", "input": "Hi"}
            counted = await client.responses.input_tokens.count(**request)
            response = await client.responses.create(**request)
        assert response.usage
        assert counted.input_tokens == response.usage.input_tokens > 0

    async def test_models_are_listed(self):
        async with emulator.serve(model=count) as server, sdk(server) as client:
            models = [model.id async for model in client.models.list()]
            assert (await client.models.retrieve(models[0])).id == models[0]
        assert MODEL in models

    async def test_other_paths_are_not_found(self):
        async with emulator.serve(model=count) as server:
            assert (await post(server, "/chat/completions", {})).status_code == 404
