"""The rules of a connection, without socket, clock or loop."""

from typing import Any

import pytest

from tests.tutor.emulator.core import (
    connection,
    output_of,
    refused,
    response_id,
    run,
    started,
)
from tutor.emulator.model import Call, Say, Think
from tutor.emulator.protocol import ResponsesProtocol


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
