"""What a request says about calls and length binds every model, however it is written."""

import json
from typing import Any

import pytest

from tests.tutor.emulator.core import connection, refused, started
from tests.tutor.emulator.wire import dial
from tutor import emulator
from tutor.emulator import Call, Request, Say, Think
from tutor.emulator.choice import bound
from tutor.emulator.model import Choice, Output
from tutor.practice import socratic


def tool(name: str, **properties: Any) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "function", "name": name, "strict": True, "parameters": schema}


RUN = tool("run", code={"type": "string"})
LOOK = tool("look", at={"type": ["integer", "null"]}, how={"type": "string", "enum": ["up", "on"]})
TOOLS = [RUN, LOOK]
BOTH: list[Output] = [Say("I look."), Call("run", "{}"), Call("look", "{}")]


async def answer(outputs: list[Output], **fields: Any) -> dict[str, Any]:
    """The final response to a request with these fields."""
    async with emulator.serve(model=lambda _: outputs) as server, dial(server) as wire:
        final = (await wire.ask(**fields))[-1]["response"]
    assert isinstance(final, dict)
    return final


def calls(final: dict[str, Any]) -> list[str]:
    return [item["name"] for item in final["output"] if item["type"] == "function_call"]


class TestChoice:
    @pytest.mark.parametrize(
        ("fields", "called"),
        [
            ({}, ["run", "look"]),
            ({"tool_choice": "auto"}, ["run", "look"]),
            ({"tool_choice": "none"}, []),
            ({"tool_choice": "required"}, ["run", "look"]),
            ({"tool_choice": {"type": "function", "name": "look"}}, ["look"]),
            ({"tool_choice": {"type": "allowed_tools", "mode": "auto",
                              "tools": [{"type": "function", "name": "run"}]}}, ["run"]),
            ({"parallel_tool_calls": False}, ["run"]),
            # It counts the service's own tools, and these are the client's.
            ({"max_tool_calls": 1}, ["run", "look"]),
        ],
    )  # fmt: skip
    async def test_no_call_goes_out_that_may_not_be_made(self, fields, called):
        final = await answer(BOTH, tools=TOOLS, **fields)
        assert calls(final) == called
        assert final["output"][0]["content"][0]["text"] == "I look."

    @pytest.mark.parametrize(
        ("choice", "called"),
        [
            ("required", "run"),
            ({"type": "function", "name": "look"}, "look"),
            ({"type": "allowed_tools", "mode": "required",
              "tools": [{"type": "function", "name": "look"}]}, "look"),
        ],
    )  # fmt: skip
    async def test_a_call_that_must_be_made_is_made(self, choice, called):
        final = await answer([Say("No.")], tools=TOOLS, tool_choice=choice)
        assert calls(final) == [called]
        least = {"run": {"code": "code"}, "look": {"at": 0, "how": "up"}}
        assert json.loads(final["output"][-1]["arguments"]) == least[called]

    def test_a_model_that_calls_of_its_own_accord_is_left_alone(self):
        choice = Choice(must=True)
        assert list(bound(BOTH, choice, TOOLS, parallel=True)) == BOTH

    def test_nothing_is_called_where_there_is_no_function(self):
        builtin = [{"type": "web_search"}]
        assert list(bound([], Choice(must=True), builtin, parallel=True)) == []

    @pytest.mark.parametrize(
        "choice",
        [
            "sometimes",
            3,
            {},
            {"type": "function"},
            {"type": "function", "name": "dance"},
            {"type": "allowed_tools", "mode": "none", "tools": []},
            {"type": "allowed_tools", "mode": "auto"},
            {"type": "allowed_tools", "mode": "auto", "tools": ["run"]},
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "x"}]},
        ],
    )
    def test_a_choice_that_cannot_be_is_refused(self, choice):
        frame = refused(connection(), tools=TOOLS, tool_choice=choice)
        assert (frame["status"], frame["error"]["param"]) == (400, "tool_choice")

    def test_a_call_cannot_be_required_without_tools(self):
        assert refused(connection(), tool_choice="required")["error"]["param"] == "tool_choice"

    @pytest.mark.parametrize("choice", ["none", "auto", None, {"type": "web_search_preview"}])
    def test_every_other_choice_needs_no_function(self, choice):
        assert started(connection(), tool_choice=choice)

    def test_the_response_says_what_was_chosen(self):
        generation = started(connection(), tools=TOOLS, tool_choice="none", max_tool_calls=3)
        assert generation.resource["tool_choice"] == "none"
        assert generation.resource["max_tool_calls"] == 3

    @pytest.mark.parametrize("said", ["Give me the solution!", "Hello", "Hm."])
    def test_the_scripted_tutor_runs_the_program_if_it_must(self, said):
        items = ({"type": "message", "role": "user", "content": f"{said}\n```python\nx = 1\n```"},)
        runs = tool("execute_code", code={"type": "string"})
        request = Request("m", items, tools=(runs,), choice=Choice(must=True))
        (call,) = [part for part in socratic.answer(request) if isinstance(part, Call)]
        assert json.loads(call.arguments)["code"].startswith("x = 1")


WORDS = "one two three four five six seven eight nine ten " * 20


class TestLength:
    @pytest.mark.parametrize("limit", [16, 17, 40, 100])
    async def test_a_message_ends_where_the_limit_is(self, limit):
        final = await answer([Say(WORDS), Say("More.")], max_output_tokens=limit)
        assert final["status"] == "incomplete"
        assert final["incomplete_details"] == {"reason": "max_output_tokens"}
        (message,) = final["output"]
        assert message["status"] == "incomplete"
        text = message["content"][0]["text"]
        assert WORDS.startswith(text)
        assert limit - 3 <= final["usage"]["output_tokens"] <= limit

    async def test_what_fits_is_complete(self):
        final = await answer([Say("x" * 64)], max_output_tokens=16)
        assert final["status"] == "completed"
        assert final["usage"]["output_tokens"] == 16

    async def test_nothing_begins_where_nothing_is_left(self):
        final = await answer([Say("x" * 64), Call("f", "{}")], max_output_tokens=16)
        assert final["status"] == "incomplete"
        assert [item["status"] for item in final["output"]] == ["completed"]

    async def test_half_a_call_is_marked(self):
        final = await answer([Call("f", json.dumps({"code": WORDS}))], max_output_tokens=16)
        (call,) = final["output"]
        assert call["status"] == "incomplete"
        with pytest.raises(ValueError, match="Unterminated string"):
            json.loads(call["arguments"])

    async def test_reasoning_counts(self):
        final = await answer([Think(WORDS), Say("Hi")], max_output_tokens=50)
        (thought,) = final["output"]
        assert (thought["type"], thought["status"]) == ("reasoning", "incomplete")
        usage = final["usage"]
        assert usage["output_tokens_details"]["reasoning_tokens"] == usage["output_tokens"] <= 50

    async def test_the_deltas_say_no_more_than_the_items(self):
        async with (
            emulator.serve(model=lambda _: [Say(WORDS)]) as server,
            dial(server) as wire,
        ):
            frames = await wire.ask(max_output_tokens=30)
            said = "".join(f["delta"] for f in frames if f["type"].endswith("text.delta"))
            final = frames[-1]["response"]
            assert said == final["output"][0]["content"][0]["text"]
            assert [frame["sequence_number"] for frame in frames] == list(range(len(frames)))
            # It can be continued, as every response that ended early.
            following = await wire.ask(previous_response_id=final["id"], input="Go on")
        assert following[-1]["type"] == "response.completed"

    @pytest.mark.parametrize("field", ["max_output_tokens", "max_tool_calls"])
    @pytest.mark.parametrize(
        ("value", "code"),
        [(0, "integer_below_min_value"), ("16", "invalid_type"), (True, "invalid_type")],
    )
    def test_a_limit_that_cannot_be_is_refused(self, field, value, code):
        error = refused(connection(), **{field: value})["error"]
        assert (error["param"], error["code"]) == (field, code)

    def test_sixteen_tokens_are_the_least(self):
        error = refused(connection(), max_output_tokens=15)["error"]
        assert ">= 16, but got 15" in error["message"]
