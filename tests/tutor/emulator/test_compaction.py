"""Compaction: in the stream of a response, on its own, and what the model knows afterwards."""

from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from openai.types.responses import CompactedResponse

from tests.tutor.emulator.core import (
    NOW,
    connection,
    output_of,
    refused,
    response_id,
    run,
    started,
)
from tests.tutor.emulator.wire import dial
from tutor import emulator
from tutor.emulator import Call, Request, Say
from tutor.emulator.compaction import MAX_KEPT_BYTES, compact, expand, seal, unseal
from tutor.emulator.protocol import ResponsesProtocol

MODEL = "gpt-6-astra"
LONG = "word " * 400  # some 500 tokens
AT_ONCE = [{"type": "compaction", "compact_threshold": 100}]


def message(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": text}


def compacted(core: ResponsesProtocol, **fields: Any) -> list[dict[str, Any]]:
    """The frames of a response that compacts before it speaks."""
    generation = started(core, **{"input": LONG, "context_management": AT_ONCE} | fields)
    frames = [*generation.opening(), *generation.compaction(), *generation.item(Say("Fine."))]
    frames.append(core.complete(generation, NOW))
    core.release(generation)
    return frames


class TestSeal:
    @pytest.mark.parametrize("document", [[], ["Grüße"], [{"a": [1, None]}]])
    def test_what_is_sealed_is_opened(self, document):
        assert unseal(seal(document)) == document

    @pytest.mark.parametrize("text", ["", "gAAAAA", "gAAAAAx", "nonsense", "gAAAAAé", "gAAAAA===="])
    def test_what_is_no_seal_is_not(self, text):
        assert unseal(text) is None

    def test_a_changed_letter_breaks_it(self):
        sealed = seal(["Hello"])
        for index in range(6, len(sealed) - 4, 5):
            other = "A" if sealed[index] != "A" else "B"
            assert unseal(sealed[:index] + other + sealed[index + 1 :]) is None

    def test_it_does_not_show_what_is_in_it(self):
        assert "canary" not in seal(["canary" * 3])

    def test_only_the_newest_items_of_a_huge_conversation_are_kept(self):
        items = [message(f"{number} " + "x" * 1000) for number in range(200)]
        known = expand([compact(items, "cmp_1")])
        assert known == tuple(items[-len(known) :])
        assert 0.8 * MAX_KEPT_BYTES < len(known) * 1000 < MAX_KEPT_BYTES


class TestInTheStream:
    def test_the_events_come_before_everything_that_is_said(self):
        frames = compacted(connection())
        assert [frame["type"] for frame in frames[:6]] == [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.compaction.compacting",
            "response.output_item.done",
            "response.output_item.added",
        ]
        assert [frame["sequence_number"] for frame in frames] == list(range(len(frames)))
        assert [f.get("output_index") for f in frames[2:6]] == [0, 0, 0, 1]
        assert frames[2]["item"]["encrypted_content"] == ""
        assert frames[3]["item_id"] == frames[4]["item"]["id"]
        assert frames[4]["item"] == frames[-1]["response"]["output"][0]

    def test_a_short_conversation_is_left_as_it_is(self):
        generation = started(connection(), context_management=AT_ONCE)
        assert list(generation.compaction()) == []

    def test_without_being_asked_nothing_is_compacted(self):
        assert list(started(connection(), input=LONG).compaction()) == []

    def test_the_model_still_knows_what_was_said(self):
        core = connection()
        first = compacted(core, input=f"My name is Ada. {LONG}")
        second = started(core, input="Who am I?", previous_response_id=response_id(first))
        said = [item["content"][0]["text"] for item in second.request.items]
        assert [text[:10] for text in said] == ["My name is", "Fine.", "Who am I?"]

    def test_what_was_compacted_costs_no_more(self):
        core = connection()
        first = compacted(core)
        second = run(core, Say("Yes"), previous_response_id=response_id(first))
        before, after = (f[-1]["response"]["usage"]["input_tokens"] for f in (first, second))
        assert before > 400 > after

    def test_a_client_may_drop_what_came_before_it(self):
        output = compacted(connection())[-1]["response"]["output"]
        generation = started(connection(), input=[*output, message("And?")])
        assert [item.get("role") for item in generation.request.items] == [
            "user", "assistant", "user",
        ]  # fmt: skip

    def test_calls_of_the_past_need_no_outputs_any_more(self):
        core = connection()
        first = run(core, Call("f", "{}", "call_a"))
        fields = {"input": [output_of("call_a"), message(LONG)]}
        second = compacted(core, previous_response_id=response_id(first), **fields)
        assert started(core, previous_response_id=response_id(second))

    def test_it_can_be_compacted_again(self):
        core = connection()
        first = compacted(core, input=f"My name is Ada. {LONG}")
        second = compacted(core, previous_response_id=response_id(first))
        third = started(core, previous_response_id=response_id(second))
        assert third.request.items[0]["content"][0]["text"].startswith("My name is Ada.")

    @pytest.mark.parametrize(
        ("management", "param"),
        [
            ({"type": "compaction"}, "context_management"),
            ([3], "context_management[0]"),
            ([{"type": "forgetting"}], "context_management[0].type"),
            ([{"type": "compaction", "compact_threshold": "1"}],
             "context_management[0].compact_threshold"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_named(self, management, param):
        frame = refused(connection(), context_management=management)
        assert frame["error"]["param"] == param


class TestContent:
    @pytest.mark.parametrize("kind", ["compaction", "reasoning"])
    def test_content_that_was_changed_is_refused(self, kind):
        item = {"id": "x_1", "type": kind, "summary": [], "encrypted_content": "gAAAAAforged"}
        error = refused(connection(), input=[item, message("Hi")])["error"]
        assert error["code"] == "invalid_encrypted_content"
        assert error["param"] == "input[0].encrypted_content"

    def test_a_context_that_is_too_long_is_refused_and_evicts(self):
        core = connection(context_tokens=300)
        first = run(core, Say("Hi"))
        error = refused(core, input=LONG, previous_response_id=response_id(first))["error"]
        assert error["code"] == "context_length_exceeded"
        assert refused(core, previous_response_id=response_id(first))["error"]["code"] == (
            "previous_response_not_found"
        )


def tell(request: Request) -> list[Say]:
    """Says what the user said first."""
    content = request.items[0]["content"]
    return [Say(content if isinstance(content, str) else content[0]["text"])]


class TestStandalone:
    async def test_the_sdk_compacts_and_begins_a_new_chain(self):
        items: Any = [message("My name is Ada."), message(LONG)]
        async with (
            emulator.serve(model=tell) as server,
            AsyncOpenAI(base_url=server.base_url, api_key="any") as client,
        ):
            compacted = await client.responses.compact(model=MODEL, input=items)
            # The SDK's type knows the assistant's messages only, and would warn of the user's.
            output: Any = [item.to_dict(warnings=False) for item in compacted.output]
            assert isinstance(compacted, CompactedResponse)
            assert compacted.usage.input_tokens > compacted.usage.output_tokens > 0
            assert [item["type"] for item in output] == ["message", "message", "compaction"]
            async with client.responses.connect() as connection:
                new = [*output, message("Who am I?")]
                await connection.response.create(
                    model=MODEL, store=False, input=new, previous_response_id=None
                )
                event = await connection.recv()
                while event.type != "response.completed":
                    event = await connection.recv()
        assert event.response.output_text == "My name is Ada."

    async def test_the_conversation_survives_a_restart_of_the_emulator(self):
        async with emulator.serve(model=tell) as server:
            client = AsyncOpenAI(base_url=server.base_url, api_key="any")
            whole = await client.responses.compact(model=MODEL, input="My name is Ada.")
            await client.close()
        sealed = whole.output[-1].to_dict()
        async with emulator.serve(model=tell) as server, dial(server) as wire:
            frames = await wire.ask(input=[sealed, message("Who am I?")])
        text = frames[-1]["response"]["output"][0]["content"][0]["text"]
        assert text == "My name is Ada."

    async def test_its_id_cannot_be_continued(self):
        async with (
            emulator.serve(model=tell) as server,
            AsyncOpenAI(base_url=server.base_url, api_key="any") as client,
        ):
            whole = await client.responses.compact(model=MODEL, input="Hi")
            with pytest.raises(openai.BadRequestError) as caught:
                await client.responses.create(
                    model=MODEL, input="Hi", previous_response_id=whole.id
                )
        assert caught.value.code == "previous_response_not_found"

    async def test_a_stored_response_is_compacted_by_its_id(self):
        async with (
            emulator.serve(model=tell) as server,
            AsyncOpenAI(base_url=server.base_url, api_key="any") as client,
        ):
            first = await client.responses.create(model=MODEL, input="My name is Ada.")
            whole = await client.responses.compact(model=MODEL, previous_response_id=first.id)
            assert len(expand([whole.output[-1].to_dict()])) == 2
            with pytest.raises(openai.BadRequestError):
                await client.responses.compact(model=MODEL)
