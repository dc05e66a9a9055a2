"""The rules of a connection, without socket, clock or loop."""

from typing import Any

import pytest
from openai.types.responses import Response

from tests.tutor.emulator.core import (
    NOW,
    connection,
    create,
    output_of,
    refused,
    response_id,
    run,
    started,
)
from tutor.emulator.model import Call, Say, Think
from tutor.emulator.protocol import MAX_RUNNING, Refused, ResponsesProtocol, Started, decode


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
        assert set(final) == set(Response.model_fields) | {"store"}
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


class TestWarmUp:
    def test_a_warm_up_says_nothing_and_costs_no_output(self):
        frames = run(connection(), generate=False, instructions="Be kind.")
        assert [frame["type"] for frame in frames] == [
            "response.created",
            "response.in_progress",
            "response.completed",
        ]
        final = frames[-1]["response"]
        assert (final["output"], final["usage"]["output_tokens"]) == ([], 0)
        assert final["usage"]["input_tokens"] > 0

    def test_a_warm_up_can_be_continued_with_empty_input(self):
        core = connection()
        warm = run(core, generate=False, input="Remember me")
        generation = started(core, input=[], previous_response_id=response_id(warm))
        assert generation.request.items[0]["content"][0]["text"] == "Remember me"

    def test_a_warm_up_needs_no_input(self):
        assert started(connection(), generate=False, input=None).create.input == ()

    def test_prewarm_is_a_warm_up(self):
        generation = started(connection(), prompt_cache_options={"prewarm": True})
        assert not generation.create.generate


class TestChain:
    def test_the_model_sees_the_chain_and_the_new_input(self):
        core = connection()
        first = run(core, Say("Hello"), input="One")
        second = started(core, input="Two", previous_response_id=response_id(first))
        roles = [item["role"] for item in second.request.items]
        assert roles == ["user", "assistant", "user"]

    def test_instructions_and_tools_are_not_inherited(self):
        core = connection()
        tool = {"type": "function", "name": "f", "parameters": None}
        first = run(core, Say("Hello"), instructions="Be kind.", tools=[tool])
        second = started(core, previous_response_id=response_id(first))
        assert (second.request.instructions, second.request.tools) == ("", ())

    def test_only_the_latest_response_can_be_continued(self):
        core = connection()
        first = run(core, Say("1"))
        second = run(core, Say("2"), previous_response_id=response_id(first))
        error = refused(core, previous_response_id=response_id(first))["error"]
        assert error["code"] == "previous_response_not_found"
        assert started(core, previous_response_id=response_id(second))

    def test_not_found_has_the_official_envelope(self):
        assert refused(connection(), previous_response_id="resp_abc") == {
            "type": "error",
            "status": 400,
            "error": {
                "type": "invalid_request_error",
                "code": "previous_response_not_found",
                "message": "Previous response with id 'resp_abc' not found.",
                "param": "previous_response_id",
            },
        }

    def test_not_found_leaves_the_cache_as_it_is(self):
        core = connection()
        first = run(core, Say("1"))
        refused(core, previous_response_id="resp_other")
        assert started(core, previous_response_id=response_id(first))

    def test_another_connection_knows_nothing(self):
        stored: dict[str, Any] = {}
        first = run(connection(stored), Say("1"), store=False)
        assert stored == {}
        error = refused(connection(stored), previous_response_id=response_id(first))["error"]
        assert error["code"] == "previous_response_not_found"

    @pytest.mark.parametrize("fields", [{"store": True}, {"store": None}])
    def test_what_is_stored_is_found_from_another_connection(self, fields):
        stored: dict[str, Any] = {}
        first = run(connection(stored), Say("1"), **fields)
        assert started(connection(stored), previous_response_id=response_id(first))

    def test_a_new_start_replaces_the_cached_response(self):
        core = connection()
        first = run(core, Say("1"))
        run(core, Say("2"))
        assert refused(core, previous_response_id=response_id(first))["status"] == 400

    @pytest.mark.parametrize(
        "bad", [{"model": None}, {"input": [output_of("call_x")]}, {"background": True}]
    )
    def test_a_refused_continuation_evicts_its_parent(self, bad):
        core = connection()
        first = run(core, Say("1"))
        refused(core, previous_response_id=response_id(first), **bad)
        error = refused(core, previous_response_id=response_id(first))["error"]
        assert error["code"] == "previous_response_not_found"

    def test_a_failed_continuation_evicts_its_parent(self):
        core = connection()
        first = run(core, Say("1"))
        generation = started(core, previous_response_id=response_id(first))
        frame = core.fail(generation, "server_error", "It broke.")
        core.release(generation)
        assert frame["response"]["status"] == "failed"
        assert frame["response"]["error"] == {"code": "server_error", "message": "It broke."}
        for lost in (generation.id, response_id(first)):
            assert refused(core, previous_response_id=lost)["status"] == 400

    def test_forgetting_looks_like_not_found(self):
        core = connection()
        first = run(core, Say("1"))
        core.forget()
        error = refused(core, previous_response_id=response_id(first))["error"]
        assert error["code"] == "previous_response_not_found"


class TestToolOutputs:
    def call(self, core: ResponsesProtocol) -> tuple[str, str]:
        frames = run(core, Call("execute_code", "{}"))
        return response_id(frames), frames[-1]["response"]["output"][0]["call_id"]

    def test_the_output_answers_the_call(self):
        core = connection()
        previous, call_id = self.call(core)
        generation = started(core, input=[output_of(call_id)], previous_response_id=previous)
        assert generation.request.items[-1]["call_id"] == call_id

    def test_a_missing_output_is_named(self):
        core = connection()
        previous, call_id = self.call(core)
        error = refused(core, input="And?", previous_response_id=previous)["error"]
        assert error["message"] == f"No tool output found for function call {call_id}."
        assert (error["code"], error["param"]) == (None, "input")

    def test_an_orphan_output_is_named(self):
        error = refused(connection(), input=[output_of("call_x")])["error"]
        expected = "No tool call found for function call output with call_id call_x."
        assert error["message"] == expected

    def test_one_of_two_outputs_is_not_enough(self):
        core = connection()
        frames = run(core, Call("a", "{}", "call_a"), Call("b", "{}", "call_b"))
        fields = {"input": [output_of("call_a")], "previous_response_id": response_id(frames)}
        assert "call_b" in refused(core, **fields)["error"]["message"]

    def test_an_output_before_its_call_is_an_orphan(self):
        call = {"type": "function_call", "call_id": "call_a", "name": "a", "arguments": "{}"}
        error = refused(connection(), input=[output_of("call_a"), call])["error"]
        assert "No tool call found" in error["message"]

    def test_a_whole_conversation_can_be_replayed(self):
        core = connection()
        frames = run(core, Think("Hm"), Say("Let me run it."), Call("a", "{}", "call_a"))
        replay = [*frames[-1]["response"]["output"], output_of("call_a")]
        user = {"role": "user", "content": "Hi"}
        generation = started(connection(), input=[user, *replay])
        assert len(generation.request.items) == 5


class TestValidation:
    @pytest.mark.parametrize(
        ("fields", "param"),
        [
            ({"model": None}, "model"),
            ({"model": 3}, "model"),
            ({"input": None}, "input"),
            ({"input": 3}, "input"),
            ({"input": ["Hi"]}, "input[0]"),
            ({"input": [{"type": "thought"}]}, "input[0].type"),
            ({"input": [{"role": "king", "content": "Hi"}]}, "input[0].role"),
            ({"input": [{"role": "user"}]}, "input[0].content"),
            ({"input": [{"role": "user", "content": [{"type": "output_text", "text": "x"}]}]},
             "input[0].content[0].type"),
            ({"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "x"}]}]},
             "input[0].content[0].type"),
            ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]},
             "input[0].content[0].text"),
            ({"input": [{"type": "function_call_output", "call_id": "c"}]}, "input[0].output"),
            ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input"),
            ({"store": "no"}, "store"),
            ({"generate": 0}, "generate"),
            ({"previous_response_id": 7}, "previous_response_id"),
            ({"tools": [{"name": "f"}]}, "tools[0].type"),
            ({"tools": [{"type": "function"}]}, "tools[0].name"),
            ({"include": ["everything"]}, "include[0]"),
            ({"background": True}, "background"),
            ({"conversation": "conv_1", "previous_response_id": "resp_1"}, "previous_response_id"),
            ({"tools": [{"type": "function", "name": "f", "strict": True,
                         "parameters": {"type": "object", "properties": {}}}]},
             "tools[0].parameters"),
            ({"tools": [{"type": "function", "name": "f", "strict": True,
                         "parameters": {"type": "object", "properties": {"a": {}}, "required": [],
                                        "additionalProperties": False}}]},
             "tools[0].parameters"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_named(self, fields, param):
        frame = refused(connection(), **fields)
        assert (frame["status"], frame["error"]["param"]) == (400, param)
        assert frame["error"]["type"] == "invalid_request_error"

    @pytest.mark.parametrize(
        "fields",
        [
            {"stream": True},
            {"client_metadata": {"a": 1}},
            {"previous_response_id": None, "tools": None, "instructions": None, "stream_id": None},
            {"include": ["reasoning.encrypted_content"]},
            {"input": [{"role": "user", "content": "Hi"}]},
        ],
    )
    def test_what_real_clients_send_is_taken(self, fields):
        assert started(connection(), **fields)

    @pytest.mark.parametrize("data", ["", "{", "[]", "null", "3", b"{}", "[" * 100_000])
    def test_what_is_no_json_object_is_refused(self, data):
        received = connection().receive(decode(data))
        assert isinstance(received, Refused)
        assert received.frame["status"] == 400

    @pytest.mark.parametrize("frame", [{}, {"type": "response.cancel"}, {"type": 3}])
    def test_an_unknown_type_is_refused(self, frame):
        received = connection().receive(frame)
        assert isinstance(received, Refused)
        assert received.frame["error"]["param"] == "type"


class TestLanes:
    def test_a_second_request_waits_for_the_first(self):
        core = connection()
        first = started(core)
        core.receive(create(input="Next"))
        assert core.begin(NOW) == []
        core.complete(first, NOW)
        core.release(first)
        assert [type(begun) for begun in core.begin(NOW)] == [Started]

    def test_what_a_waiting_request_continues_is_looked_up_when_it_starts(self):
        core = connection()
        first = started(core)
        core.receive(create(previous_response_id=first.id))
        core.complete(first, NOW)
        core.release(first)
        (begun,) = core.begin(NOW)
        assert isinstance(begun, Started)

    def test_refusals_keep_their_place_in_the_queue(self):
        core = connection()
        first = started(core)
        core.receive(create(model=None))
        core.receive(create())
        core.complete(first, NOW)
        core.release(first)
        assert [type(begun) for begun in core.begin(NOW)] == [Refused, Started]

    def test_lanes_run_side_by_side_and_every_event_names_its_own(self):
        core = connection()
        one, two = started(core, stream_id="one"), started(core, stream_id="two")
        frames = [*one.opening(), *two.opening(), *one.item(Say("1")), core.complete(two, NOW)]
        assert {frame["stream_id"] for frame in frames} == {"one", "two"}

    def test_the_default_lane_names_none(self):
        assert not any("stream_id" in frame for frame in run(connection(), Say("Hi")))

    @pytest.mark.parametrize("stream_id", ["", "a b", "x" * 257, 7, "ä"])
    def test_a_bad_name_is_refused_without_echo(self, stream_id):
        frame = refused(connection(), stream_id=stream_id)
        assert frame["error"]["code"] == "invalid_stream_id"
        assert "stream_id" not in frame

    def test_the_33rd_named_lane_is_refused(self):
        core = connection()
        for number in range(32):
            run(core, Say("Hi"), stream_id=f"lane-{number}")
        frame = refused(core, stream_id="lane-32")
        assert frame["error"]["code"] == "websocket_stream_limit_reached"
        assert frame["stream_id"] == "lane-32"
        assert started(core)

    def test_at_most_sixteen_run_at_once(self):
        core = connection()
        for number in range(MAX_RUNNING + 1):
            core.receive(create(stream_id=f"lane-{number}"))
        assert len(core.begin(NOW)) == MAX_RUNNING

    def test_a_fork_finds_another_lanes_response_and_its_error_keeps_it(self):
        core = connection()
        source = response_id(run(core, Say("Hi"), stream_id="source"))
        refused(core, stream_id="fork", previous_response_id=source, input=[output_of("call_x")])
        assert started(core, stream_id="fork", previous_response_id=source)


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
