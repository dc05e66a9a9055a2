"""The scenarios of the public Open Responses compliance suite, against the practice tutor.

Over HTTP every request leaves `store` out, as a client does that has never heard of it.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from jsonschema import ValidationError

from tests.tutor.emulator.open_responses import check_event, check_response
from tests.tutor.emulator.wire import Wire, dial
from tutor import emulator
from tutor.practice import socratic

# One white pixel.
PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP6DwABBQECz6"
    "AuzQAAAABJRU5ErkJggg=="
)
FILE = {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,QQ=="}
FORECAST: dict[str, Any] = {
    "type": "function",
    "name": "get_forecast",
    "description": "Tomorrow's weather in a town.",
    "parameters": {
        "type": "object",
        "properties": {"town": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
        "required": ["town"],
    },
}
ASKING = "What is the forecast for Turku?"


def said(role: str, *content: Any) -> dict[str, Any]:
    parts = content[0] if isinstance(content[0], str) else list(content)
    return {"type": "message", "role": role, "content": parts}


def text(words: str) -> dict[str, Any]:
    return {"type": "input_text", "text": words}


class Client:
    """Requests over HTTP; what comes back has passed the schemas."""

    def __init__(self, http: httpx2.AsyncClient, address: str) -> None:
        self._http = http
        self._address = address

    async def post(self, path: str = "/responses", **fields: Any) -> httpx2.Response:
        body = {"model": "gpt-6-astra"} | fields
        return await self._http.post(self._address + path, json=body)

    async def ask(self, **fields: Any) -> dict[str, Any]:
        answer = await self.post(**fields)
        assert answer.status_code == 200, answer.text
        return whole(answer.json())

    async def stream(self, **fields: Any) -> list[dict[str, Any]]:
        answer = await self.post(stream=True, **fields)
        lines = [line for line in answer.text.splitlines() if line.startswith("data: ")]
        events = [json.loads(line.removeprefix("data: ")) for line in lines]
        for event in events:
            check_event(event)
        whole(events[-1]["response"])
        return events


def whole(response: Any) -> dict[str, Any]:
    """The response, if it is complete in every sense."""
    check_response(response)
    assert response["status"] == "completed"
    assert response["output"]
    assert isinstance(response, dict)
    return response


def call_in(response: dict[str, Any]) -> dict[str, Any]:
    (call,) = [item for item in response["output"] if item["type"] == "function_call"]
    assert isinstance(call, dict)
    return call


@asynccontextmanager
async def site() -> AsyncIterator[tuple[Client, emulator.Emulator]]:
    headers = {"Authorization": "Bearer any"}
    async with (
        emulator.serve(model=socratic.answer) as server,
        httpx2.AsyncClient(headers=headers) as http,
    ):
        yield Client(http, server.base_url), server


async def answered(wire: Wire, **fields: Any) -> dict[str, Any]:
    """A response over the socket; its events have passed the schemas."""
    frames = await wire.ask(**fields)
    for frame in frames:
        check_event(frame)
    return whole(frames[-1]["response"])


class TestOverHTTP:
    @pytest.mark.parametrize(
        "messages",
        [
            pytest.param([said("user", "Say hello.")], id="basic response"),
            pytest.param([said("system", "Rhyme."), said("user", "Hi")], id="system prompt"),
            pytest.param([said("developer", "Rhyme."), said("user", "Hi")], id="developer prompt"),
            pytest.param(
                [said("user", text("What is it?"), {"type": "input_image", "image_url": PICTURE})],
                id="image input",
            ),
            pytest.param(
                [said("user", text("Whose?"), FILE)],
                id="file input",
            ),
            pytest.param(
                [said("user", "I am Ada."), said("assistant", "Hello, Ada."), said("user", "Who?")],
                id="multi-turn",
            ),
            pytest.param(
                [said("user", "Hm."), said("assistant", "Let me see.") | {"phase": "commentary"},
                 said("assistant", "What is it?") | {"phase": "final_answer"}, said("user", "So?")],
                id="phases of an assistant",
            ),
        ],
    )  # fmt: skip
    async def test_messages_of_every_kind_are_answered(self, messages):
        async with site() as (client, _):
            response = await client.ask(input=messages)
        assert response["output"][-1]["content"][0]["text"]

    @pytest.mark.parametrize("reasoning", [None, {"effort": "low"}])
    async def test_streaming(self, reasoning):
        async with site() as (client, _):
            events = await client.stream(input="Count to five.", reasoning=reasoning)
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        assert {"response.created", "response.output_text.delta"} <= {e["type"] for e in events}

    async def test_a_tool_is_called_that_is_asked_for(self):
        async with site() as (client, _):
            call = call_in(await client.ask(input=ASKING, tools=[FORECAST]))
        assert call["name"] == "get_forecast"
        assert json.loads(call["arguments"]) == {"town": "town"}

    async def test_a_tool_is_not_called_unasked(self):
        async with site() as (client, _):
            response = await client.ask(input="Why is it so?", tools=[FORECAST])
        assert [item["type"] for item in response["output"]] == ["message"]

    async def test_a_call_is_streamed(self):
        async with site() as (client, _):
            events = await client.stream(input=ASKING, tools=[FORECAST])
        about = [e for e in events if e.get("item", {}).get("type") == "function_call"]
        kinds = [event["type"].removeprefix("response.") for event in about]
        assert kinds == ["output_item.added", "output_item.done"]
        deltas = [e["delta"] for e in events if e["type"].endswith("arguments.delta")]
        assert "".join(deltas) == call_in(events[-1]["response"])["arguments"]

    async def test_a_forced_call_and_its_output(self):
        chosen = {"type": "function", "name": "get_forecast"}
        async with site() as (client, _):
            first = await client.ask(input="Hm.", tools=[FORECAST], tool_choice=chosen)
            output = {"type": "function_call_output", "call_id": call_in(first)["call_id"]}
            answer = await client.ask(
                previous_response_id=first["id"], input=[output | {"output": "Rain."}]
            )
        assert [item["type"] for item in answer["output"]] == ["message"]

    async def test_what_was_stored_is_continued_by_its_id(self):
        async with site() as (client, _):
            first = await client.ask(input="Remember: plum.")
            second = await client.ask(input="What was it?", previous_response_id=first["id"])
        assert second["previous_response_id"] == first["id"]

    async def test_a_compacted_conversation_goes_on(self):
        async with site() as (client, _):
            compacted = (await client.post("/responses/compact", input=[said("user", "Hi")])).json()
            assert compacted["object"] == "response.compaction"
            assert await client.ask(input=[*compacted["output"], said("user", "And?")])


class TestOverTheSocket:
    async def test_one_response_after_the_other(self):
        async with site() as (_, server), dial(server) as wire:
            first, second = await answered(wire), await answered(wire, input="And?")
        assert first["id"] != second["id"]

    async def test_a_continuation_of_what_is_not_stored(self):
        async with site() as (_, server), dial(server) as wire:
            first = await answered(wire, tools=[FORECAST], input=ASKING)
            output = {"type": "function_call_output", "call_id": call_in(first)["call_id"]}
            fields = {"previous_response_id": first["id"], "input": [output | {"output": "Sun."}]}
            assert await answered(wire, **fields)

    async def test_a_new_connection_is_told_everything_again(self):
        async with site() as (_, server):
            async with dial(server) as wire:
                first = await answered(wire)
            async with dial(server) as wire:
                lost = (await wire.ask(previous_response_id=first["id"]))[-1]
                assert lost["error"]["code"] == "previous_response_not_found"
                again = [said("user", "Hi"), *first["output"], said("user", "And?")]
                assert await answered(wire, input=again)

    async def test_an_unknown_response_is_not_continued(self):
        async with site() as (_, server), dial(server) as wire:
            (refused,) = await wire.ask(previous_response_id="resp_0")
        assert (refused["type"], refused["status"]) == ("error", 400)
        assert refused["error"]["code"] == "previous_response_not_found"

    async def test_a_continuation_that_fails_drops_its_parent(self):
        async with site() as (_, server), dial(server) as wire:
            first = await answered(wire)
            output = {"type": "function_call_output", "call_id": "call_0", "output": "?"}
            bad = {"previous_response_id": first["id"], "input": [output]}
            assert (await wire.ask(**bad))[-1]["type"] == "error"
            (lost,) = await wire.ask(previous_response_id=first["id"])
        assert lost["error"]["code"] == "previous_response_not_found"

    async def test_a_compaction_begins_a_new_chain(self):
        async with site() as (client, server), dial(server) as wire:
            compacted = (await client.post("/responses/compact", input=[said("user", "Hi")])).json()
            first = await answered(wire, input=[*compacted["output"], said("user", "And?")])
            assert await answered(wire, previous_response_id=first["id"])


class TestSchemas:
    async def test_a_response_without_a_field_does_not_pass(self):
        async with site() as (client, _):
            response = await client.ask(input="Hi")
        for name in response.keys() & {"presence_penalty", "usage", "store", "text", "output"}:
            short = {field: value for field, value in response.items() if field != name}
            with pytest.raises(ValidationError, match=name):
                check_response(short)

    async def test_what_is_sent_of_an_object_does_not_hide_the_rest(self):
        async with site() as (client, _):
            sent = {"reasoning": {"effort": "none"}, "text": {"verbosity": "low"}}
            response = await client.ask(input="Hi", **sent)
        assert response["reasoning"] == {"effort": "none", "summary": None}
        assert response["text"] == {"format": {"type": "text"}, "verbosity": "low"}
