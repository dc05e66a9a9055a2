"""The events of a response, in their order, up to its end."""

from openai.types.responses import Response

from tests.tutor.emulator.core import (
    NOW,
    connection,
    response_id,
    run,
    started,
)
from tutor.emulator.model import Call, Say, Think

# Fields that the service and the Open Responses specification have, and the SDK's type has not.
BEYOND = {"store", "presence_penalty", "frequency_penalty"}


class TestSequences:
    def test_text_comes_with_its_whole_life(self):
        frames = run(connection(), Say("Good day"))
        assert [frame["type"] for frame in frames] == [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
        assert [frame["sequence_number"] for frame in frames] == list(range(10))

    def test_deltas_add_up_to_the_text_and_the_final_item(self):
        text = "A *word*,\n\n```python\nprint('ünïcödé')\n```\nand an_extraordinarily_long_name."
        frames = run(connection(), Say(text))
        deltas = [f["delta"] for f in frames if f["type"] == "response.output_text.delta"]
        assert "".join(deltas) == text
        (message,) = frames[-1]["response"]["output"]
        assert message["content"][0]["text"] == text
        assert message == frames[-2]["item"]

    def test_a_call_streams_its_arguments(self):
        arguments = '{"code": "print(1)", "stdin": ""}'
        frames = run(connection(), Call("execute_code", arguments))
        kinds = [frame["type"] for frame in frames]
        assert kinds[2:4] == [
            "response.output_item.added",
            "response.function_call_arguments.delta",
        ]
        assert kinds[-3:] == [
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.completed",
        ]
        deltas = [f["delta"] for f in frames if f["type"].endswith("arguments.delta")]
        assert "".join(deltas) == arguments
        assert frames[2]["item"]["arguments"] == ""
        assert frames[-2]["item"]["arguments"] == arguments

    def test_parallel_items_are_numbered_in_order(self):
        frames = run(connection(), Think("Hm."), Say("Wait."), Call("a", "{}"), Call("b", "{}"))
        done = [f for f in frames if f["type"] == "response.output_item.done"]
        assert [f["output_index"] for f in done] == [0, 1, 2, 3]
        assert [f["item"] for f in done] == frames[-1]["response"]["output"]
        assert len({f["item"]["id"] for f in done}) == 4

    def test_reasoning_is_encrypted_only_once_it_is_done(self):
        frames = run(connection(), Think("Let me see."), Say("Hm?"))
        added, done = (
            next(f for f in frames if f["type"] == f"response.output_item.{what}")
            for what in ("added", "done")
        )
        assert added["item"]["encrypted_content"] == ""
        assert done["item"]["encrypted_content"].startswith("gAAAAA")

    def test_deltas_are_padded_unless_the_request_declines(self):
        padded = run(connection(), Say("Hello"))
        plain = run(connection(), Say("Hello"), stream_options={"include_obfuscation": False})
        assert all("obfuscation" in frame for frame in padded if "delta" in frame)
        assert not any("obfuscation" in frame for frame in plain)

    def test_the_resource_has_every_field_of_the_official_type(self):
        final = run(connection(), Say("Hi"))[-1]["response"]
        assert set(final) == set(Response.model_fields) | BEYOND
        assert final["completed_at"] == NOW + 2

    def test_a_frame_keeps_the_state_it_was_sent_with(self):
        frames = run(connection(), Say("Hi"))
        assert frames[0]["response"]["status"] == "in_progress"
        assert frames[0]["response"]["output"] == []

    def test_usage_counts_the_whole_conversation_and_adds_up(self):
        core = connection()
        first = run(core, Say("word " * 200), input="word " * 200)
        second = run(core, Say("Hi"), previous_response_id=response_id(first))
        one, two = (frames[-1]["response"]["usage"] for frames in (first, second))
        assert one["input_tokens_details"]["cached_tokens"] == 0
        assert two["input_tokens_details"]["cached_tokens"] > 0
        assert two["input_tokens"] > one["input_tokens"] + 200
        assert two["total_tokens"] == two["input_tokens"] + two["output_tokens"]


class TestEnds:
    def test_an_incomplete_response_closes_the_message_as_far_as_it_came(self):
        core = connection()
        generation = started(core)
        frames = list(generation.opening())
        item = generation.item(Say("One two three"))
        frames += [next(item) for _ in range(4)]
        frames += [*generation.cut_short(), core.incomplete(generation, "max_output_tokens")]
        final = frames[-1]["response"]
        assert final["incomplete_details"] == {"reason": "max_output_tokens"}
        assert final["output"][0]["status"] == "incomplete"
        assert final["output"][0]["content"][0]["text"] == "One two"
        assert [frame["sequence_number"] for frame in frames] == list(range(len(frames)))

    def test_an_incomplete_response_can_be_continued(self):
        core = connection()
        generation = started(core)
        core.incomplete(generation, "content_filter")
        core.release(generation)
        assert started(core, previous_response_id=generation.id)
