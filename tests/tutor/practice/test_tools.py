"""Calls of our tools as their schemas have them, and of tools that the tutor does not know."""

import json
from typing import Any

import pytest

from tutor.emulator import Call, Request, Say
from tutor.emulator.model import Choice
from tutor.method.tools import PREDICTION, declarations
from tutor.practice import socratic, tools
from tutor.practice.lesson import Case
from tutor.practice.tools import asked_for

OURS = {tool["name"]: tool for tool in declarations("python")}
SCRIPT = {tool["name"]: tool for tool in declarations("javascript")}


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


def arguments(calls: list[Call]) -> list[Any]:
    return [json.loads(call.arguments) for call in calls]


def test_the_names_are_those_of_the_server() -> None:
    assert set(OURS) == tools.OURS


def test_cases_are_run_by_their_inputs_calls_together() -> None:
    cases = [Case("f(1)"), Case("f(2)"), Case("", "4\n"), Case("f(1)", "4\n"), Case("f(2)")]
    assert arguments(tools.runs(OURS[tools.RUN], "", cases)) == [
        {"code": "", "calls": ["f(1)", "f(2)"], "stdin": ""},
        {"code": "", "calls": [], "stdin": "4\n"},
        {"code": "", "calls": ["f(1)"], "stdin": "4\n"},
    ]


def test_no_response_has_more_runs_than_it_may() -> None:
    cases = [Case("", f"{n}\n") for n in range(9)] + [Case(f"f({n})") for n in range(30)]
    for declared in (OURS, SCRIPT):
        assert len(tools.runs(declared[tools.RUN], "", cases)) == tools.MAX_RUNS
    calls = tools.runs(OURS[tools.RUN], "", cases[9:])
    assert [len(one["calls"]) for one in arguments(calls)] == [tools.MAX_CALLS]


def test_a_language_without_calls_is_run_with_the_inputs_alone() -> None:
    cases = [Case("", "4\n"), Case("", "5\n"), Case("", "4\n")]
    assert arguments(tools.runs(SCRIPT[tools.RUN], "", cases)) == [
        {"code": "", "stdin": "4\n"}, {"code": "", "stdin": "5\n"},
    ]  # fmt: skip


def test_without_cases_the_program_is_run_as_it_is() -> None:
    assert arguments(tools.runs(OURS[tools.RUN], "p", [])) == [
        {"code": "p", "calls": [], "stdin": ""}
    ]


def test_a_tool_of_another_shape_is_called_with_what_it_requires() -> None:
    other = tool(tools.RUN)
    other["parameters"]["properties"]["code"] = {}
    other["parameters"]["required"] += ["code"]
    assert arguments(tools.runs(other, "p", [])) == [{"place": "place", "code": "p"}]
    bare = {"type": "function", "name": tools.RUN}
    assert arguments(tools.runs(bare, "p", [])) == [{"code": "p", "calls": [], "stdin": ""}]


def test_a_tool_that_may_not_be_called_is_not_found() -> None:
    asked = Request("m", (), tools=tuple(OURS.values()), choice=Choice(frozenset({tools.HINT})))
    assert tools.find(asked, tools.HINT)
    assert tools.find(asked, PREDICTION) is None


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
def test_a_tool_is_asked_for_by_its_name_or_by_what_it_is_about(said: str, name: str) -> None:
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
        ("Please execute_code.", tools.RUN),
        ("Please give_hint!", tools.HINT),
        ("A hint?", tools.HINT),
    ],
)
def test_it_is_not_asked_for_by_chance(said: str, name: str) -> None:
    assert asked_for(request(said, name)) is None


def test_what_may_not_be_called_is_not() -> None:
    assert asked_for(request("Weather?", "get_weather", choice=Choice(frozenset()))) is None


def test_the_tutor_calls_it_once_and_then_talks() -> None:
    asked = request("What is the weather?", "get_weather")
    (call,) = socratic.answer(asked)
    assert isinstance(call, Call)
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"place": "place"})
    made = {"type": "function_call", "call_id": "c", "name": call.name, "arguments": call.arguments}
    output = {"type": "function_call_output", "call_id": "c", "output": "Rain."}
    later = Request("m", (*asked.items, made, output), tools=asked.tools)
    assert isinstance(socratic.answer(later)[-1], Say)
