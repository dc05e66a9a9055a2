"""Whether a tool is asked for that the tutor knows nothing about."""

import json
from typing import Any

import pytest

from tutor.emulator import Call, Request, Say
from tutor.emulator.model import Choice
from tutor.practice import socratic
from tutor.practice.other_tools import TOOL, asked_for


def tool(name: str) -> dict[str, Any]:
    parameters = {
        "type": "object",
        "properties": {"place": {"type": "string"}},
        "required": ["place"],
    }
    return {"type": "function", "name": name, "parameters": parameters}


def request(said: str, *names: str, **fields: Any) -> Request:
    items = ({"type": "message", "role": "user", "content": said},)
    return Request("m", items, tools=tuple(map(tool, names)), **fields)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("What's the weather like in Turku?", "get_weather"),
        ("WEATHER!", "getWeather"),
        ("Use get_weather, please.", "get_weather"),
        ("Please search for it.", "search"),
        ("How deep is the lake here?", "lookup-lake-deep"),
    ],
)
def test_a_tool_is_asked_for_by_its_name_or_by_what_it_is_about(said, name):
    found = asked_for(request(said, "other_thing", name))
    assert found
    assert found["name"] == name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Why is it so?", "get_weather"),
        ("Get on with it.", "get_weather"),
        ("I was researching.", "search"),
        ("How is the weather?", "get_weather_alerts"),
        ("Please execute_code.", TOOL),
    ],
)
def test_it_is_not_asked_for_by_chance(said, name):
    assert asked_for(request(said, name)) is None


def test_what_may_not_be_called_is_not():
    assert asked_for(request("Weather?", "get_weather", choice=Choice(frozenset()))) is None


def test_the_tutor_calls_it_once_and_then_talks():
    asked = request("What is the weather?", "get_weather")
    (call,) = socratic.answer(asked)
    assert isinstance(call, Call)
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"place": "place"})
    made = {"type": "function_call", "call_id": "c", "name": call.name, "arguments": call.arguments}
    output = {"type": "function_call_output", "call_id": "c", "output": "Rain."}
    later = Request("m", (*asked.items, made, output), tools=asked.tools)
    assert isinstance(socratic.answer(later)[-1], Say)
