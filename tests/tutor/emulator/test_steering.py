"""Steering: what is said while a response is written reaches its successor, or comes back."""

from typing import Any

import pytest

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
from tutor.emulator.generation import Generation
from tutor.emulator.model import Call, Say
from tutor.emulator.protocol import Notice, Refused, ResponsesProtocol, Started


def steer(
    core: ResponsesProtocol, target: Any, text: Any = "Shorter!", **fields: Any
) -> dict[str, Any]:
    frame = {"type": "response.steer", "previous_response_id": target, "input": text} | fields
    notice = core.receive(frame)
    assert isinstance(notice, Notice)
    (answer,) = notice.frames
    return answer


def failing(core: ResponsesProtocol, code: str, target: Any) -> dict[str, Any]:
    frame = {"type": "response.steer", "previous_response_id": target, "input": "Shorter!"}
    notice = core.receive(frame, fail_steer=code)
    assert isinstance(notice, Notice)
    return notice.frames[0]


def end(core: ResponsesProtocol, generation: Generation, *outputs: Any) -> list[dict[str, Any]]:
    """The rest of a response, as it is delivered."""
    frames = []
    for output in outputs:
        if generation.steered:
            frames.append(core.incomplete(generation, "steered"))
            break
        frames += generation.item(output)
    else:
        frames.append(core.complete(generation, NOW))
    return frames + core.release(generation)


def successor(core: ResponsesProtocol) -> Generation:
    (begun,) = core.begin(NOW)
    assert isinstance(begun, Started)
    return begun.generation


class TestAccepted:
    def test_it_is_numbered_with_the_response(self):
        core = connection()
        generation = started(core, stream_id="lane")
        list(generation.opening())
        accepted = steer(core, generation.id)
        assert accepted["type"] == "response.steer.accepted"
        assert (accepted["sequence_number"], accepted["stream_id"]) == (2, "lane")
        assert accepted["steer"]["previous_response_id"] == generation.id
        assert generation.sequence == 3

    def test_the_response_ends_after_its_item_and_a_successor_begins_by_itself(self):
        core = connection()
        generation = started(core, instructions="Be kind.", metadata={"a": "b"})
        steer(core, generation.id)
        steer(core, generation.id, [{"type": "message", "role": "user", "content": "And kinder."}])
        frames = end(core, generation, Say("One"), Say("Two"))
        assert frames[-1]["response"]["incomplete_details"] == {"reason": "steered"}
        following = successor(core)
        assert following.create.previous_response_id == generation.id
        assert following.create.instructions == "Be kind."
        texts = [item["content"] for item in following.request.items[1:]]
        assert texts == [[{"type": "input_text", "text": "Shorter!"}], "And kinder."]

    def test_what_has_nothing_left_to_say_completes_before_its_successor(self):
        core = connection()
        generation = started(core)
        list(generation.item(Say("One")))
        steer(core, generation.id)
        assert end(core, generation)[-1]["type"] == "response.completed"
        assert successor(core).create.previous_response_id == generation.id

    def test_the_successor_goes_before_what_waits(self):
        core = connection()
        generation = started(core)
        core.receive(create(input="Next"), tag="next")
        steer(core, generation.id)
        end(core, generation, Say("One"))
        following = successor(core)
        assert following.request.items[-1]["content"][0]["text"] == "Shorter!"
        end(core, following, Say("Two"))
        (begun,) = core.begin(NOW)
        assert isinstance(begun, Started)
        assert begun.tag == "next"

    def test_a_successor_can_be_steered(self):
        core = connection()
        generation = started(core)
        steer(core, generation.id)
        end(core, generation, Say("One"))
        following = successor(core)
        assert steer(core, following.id)["type"] == "response.steer.accepted"


class TestPending:
    def pending(self, core: ResponsesProtocol) -> tuple[Generation, list[dict[str, Any]]]:
        generation = started(core)
        item = generation.item(Call("f", "{}", "call_a"))
        next(item)
        steer(core, generation.id)
        frames = [*item, *end(core, generation)]
        assert frames[-2]["type"] == "response.completed"
        return generation, frames

    def test_input_waits_for_the_outputs_of_calls(self):
        core = connection()
        generation, frames = self.pending(core)
        assert frames[-1]["type"] == "response.steer.pending"
        assert frames[-1]["sequence_number"] == frames[-2]["sequence_number"] + 1
        assert frames[-1]["reason"] == "waiting_for_required_input"
        assert frames[-1]["required_input"] == [
            {"type": "function_call_output", "call_id": "call_a", "name": "f"}
        ]
        assert core.begin(NOW) == []
        following = started(core, input=[output_of("call_a")], previous_response_id=generation.id)
        kinds = [item["type"] for item in following.request.items]
        assert kinds == ["message", "function_call", "message", "function_call_output"]

    def test_parallel_calls_all_come(self):
        core = connection()
        generation = started(core)
        item = generation.item(Call("f", "{}", "call_a"))
        next(item)
        steer(core, generation.id)
        list(item)
        frames = end(core, generation, Call("g", "{}", "call_b"))
        assert [stub["call_id"] for stub in frames[-1]["required_input"]] == ["call_a", "call_b"]

    def test_a_request_that_continues_something_else_sends_the_input_back(self):
        core = connection()
        self.pending(core)
        core.receive(create(input="Something new"))
        notice, begun = core.begin(NOW)
        assert isinstance(notice, Notice)
        assert isinstance(begun, Started)
        assert notice.frames[0]["error"]["code"] == "successor_creation_failed"
        assert notice.frames[0]["steer"]["input"] == "Shorter!"
        assert notice.frames[0]["steer"]["id"].startswith("steer_")

    def test_a_request_without_the_outputs_loses_parent_and_input(self):
        core = connection()
        generation, _ = self.pending(core)
        core.receive(create(input="Hm", previous_response_id=generation.id))
        notice, refused = core.begin(NOW)
        assert isinstance(notice, Notice)
        assert isinstance(refused, Refused)
        assert notice.frames[0]["type"] == "response.steer.failed"


class TestFailed:
    def code(self, frame: dict[str, Any]) -> str:
        assert frame["type"] == "response.steer.failed"
        assert frame["error"]["type"] == "invalid_request_error"
        assert frame["error"]["message"]
        return str(frame["error"]["code"])

    def test_an_unknown_response(self):
        frame = steer(connection(), "resp_lost")
        assert self.code(frame) == "response_not_found"
        assert frame["steer"] == {"input": "Shorter!", "previous_response_id": "resp_lost"}

    @pytest.mark.parametrize("model", ["gpt-5.6-sol", "o3"])
    def test_models_before_gpt_6(self, model):
        core = connection()
        generation = started(core, model=model)
        assert self.code(steer(core, generation.id)) == "steering_not_supported"

    @pytest.mark.parametrize(
        "fields", [{"context_management": [{"type": "compaction"}]}, {"conversation": "conv_1"}]
    )
    def test_neither_with_compaction_nor_with_a_conversation(self, fields):
        core = connection()
        generation = started(core, **fields)
        assert self.code(steer(core, generation.id)) == "steering_not_supported"

    @pytest.mark.parametrize(
        "text",
        [
            None, 3, [], ["Hi"],
            [{"type": "message", "role": "developer", "content": "Hi"}],
            [{"type": "message", "role": "user", "content": "Hi", "id": "msg_1"}],
            [{"type": "function_call_output", "call_id": "c", "output": "1"}],
        ],
    )  # fmt: skip
    def test_input_that_is_no_message_of_the_user(self, text):
        core = connection()
        generation = started(core)
        frame = steer(core, generation.id, text)
        assert self.code(frame) == "invalid_input"
        assert frame["steer"]["input"] == text
        assert generation.steers == []

    def test_a_lane_may_not_be_named(self):
        core = connection()
        generation = started(core, stream_id="lane")
        assert self.code(steer(core, generation.id, stream_id="lane")) == "invalid_input"

    def test_too_much_of_it(self):
        core = connection(max_steers=2)
        generation = started(core)
        for _ in range(2):
            assert steer(core, generation.id)["type"] == "response.steer.accepted"
        assert self.code(steer(core, generation.id)) == "too_many_pending_steers"

    def test_a_response_that_has_completed(self):
        core = connection()
        frames = run(core, Say("One"), stream_id="lane")
        frame = steer(core, response_id(frames))
        assert self.code(frame) == "response_already_completed"
        assert frame["stream_id"] == "lane"
        assert frame["sequence_number"] == len(frames)

    def test_a_response_whose_last_event_is_on_its_way(self):
        core = connection()
        generation = started(core)
        core.complete(generation, NOW)
        assert self.code(steer(core, generation.id)) == "response_already_completed"

    def test_a_response_that_failed_sends_back_what_it_had_accepted(self):
        core = connection()
        generation = started(core)
        accepted = steer(core, generation.id)
        core.fail(generation, "server_error", "It broke.")
        (frame,) = core.release(generation)
        assert self.code(frame) == "response_not_active"
        assert frame["steer"] == accepted["steer"] | {"input": "Shorter!"}
        assert self.code(steer(core, generation.id)) == "response_not_active"
        assert core.begin(NOW) == []

    def test_on_order_with_any_code(self):
        core = connection()
        generation = started(core)
        frame = failing(core, "too_many_pending_steers", generation.id)
        assert self.code(frame) == "too_many_pending_steers"
        assert "id" not in frame["steer"]

    def test_on_order_after_it_was_accepted(self):
        core = connection()
        generation = started(core)
        accepted = failing(core, "successor_creation_failed", generation.id)
        assert accepted["type"] == "response.steer.accepted"
        (*_, frame) = end(core, generation, Say("One"), Say("Two"))
        assert self.code(frame) == "successor_creation_failed"
        assert frame["steer"]["id"] == accepted["steer"]["id"]
        assert core.begin(NOW) == []
        assert started(core, previous_response_id=generation.id)

    def test_it_evicts_nothing(self):
        core = connection()
        first = response_id(run(core, Say("One")))
        steer(core, first)
        steer(core, "resp_lost")
        assert started(core, previous_response_id=first)
        assert refused(connection(), previous_response_id=first)
