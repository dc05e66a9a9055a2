"""The model's tools: what is declared, how calls are read however they come, what is answered."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.languages import LANGUAGES
from tutor.method import tools
from tutor.protocol.calls import (
    HintCall,
    OfferCall,
    Payload,
    PredictionCall,
    RunCall,
    StoredCall,
    ToolCall,
)
from tutor.protocol.frames import MAX_CALLS, CallView, FileView, Offer, Printed, RunView

RUN: Payload = {"code": "print(1)", "calls": [], "stdin": ""}
PREDICTION: Payload = {"call": "f(1)", "question": "What comes out?"}
LONG = "x" * 64_000


def parse(name: Any, arguments: Any, call_id: Any = "c1") -> ToolCall | Payload:
    payload = {
        "type": "function_call",
        "name": name,
        "call_id": call_id,
        "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
    }
    return tools.parse_call(StoredCall(7, payload))


def report(output: ToolCall | Payload) -> Payload:
    assert isinstance(output, dict), output
    assert (output["type"], output["call_id"]) == ("function_call_output", "c1")
    told: Payload = json.loads(output["output"])
    return told


# Declared ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", [*LANGUAGES, "no-longer-there"])
def test_every_tool_is_declared_strictly(language: str) -> None:
    declared = tools.declarations(language)
    assert tuple(one["name"] for one in declared) == tools.NAMES
    for one in declared:
        parameters = one["parameters"]
        assert (one["type"], one["strict"]) == ("function", True)
        assert parameters["required"] == list(parameters["properties"])
        assert parameters["additionalProperties"] is False


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_declarations_are_the_same_bytes_each_time(language: str) -> None:
    # They stand before everything that the API caches.
    assert json.dumps(tools.declarations(language)) == json.dumps(tools.declarations(language))


def test_only_a_language_with_values_has_calls_to_evaluate() -> None:
    python, javascript = tools.declarations("python")[0], tools.declarations("javascript")[0]
    assert list(python["parameters"]["properties"]) == ["code", "calls", "stdin"]
    assert list(javascript["parameters"]["properties"]) == ["code", "stdin"]


def test_an_offer_is_declared_as_the_page_knows_it() -> None:
    what = tools.declarations("python")[3]["parameters"]["properties"]["what"]
    assert what["enum"] == list(get_args(Offer))


# Calls -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments", "call"),
    [
        ("execute_code", RUN, RunCall(7, "c1", "print(1)")),
        (
            "execute_code",
            {"code": "", "calls": [" f(1) ", "f(2)"], "stdin": "3\n"},
            RunCall(7, "c1", "", "3\n", ("f(1)", "f(2)")),
        ),
        ("execute_code", {"code": "x", "stdin": ""}, RunCall(7, "c1", "x")),
        ("ask_prediction", {"call": " f(1)\n", "question": " Why? "},
         PredictionCall(7, "c1", "f(1)", "Why?")),
        ("ask_prediction", {"call": "", "question": "What is printed?"},
         PredictionCall(7, "c1", "", "What is printed?")),
        ("give_hint", {"level": 9}, HintCall(7, "c1", 9)),
        ("offer_check", {"what": "variant"}, OfferCall(7, "c1", "variant")),
    ],
)  # fmt: skip
def test_a_call_is_read(name: str, arguments: Payload, call: ToolCall) -> None:
    assert parse(name, arguments) == call


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("execute_code", LONG, "Invalid JSON"),
        ("execute_code", "[" * 64_000, "Invalid JSON"),
        ("execute_code", "", "Invalid JSON"),
        ("execute_code", '{"code": "\\ud800", "calls": [], "stdin": ""}', "Invalid JSON"),
        ("execute_code", '{"code": "\ud800", "calls": [], "stdin": ""}', "valid string"),
        ("execute_code", "null", "an object"),
        ("execute_code", [RUN], "an object"),
        ("execute_code", {}, "code: Field required"),
        ("execute_code", RUN | {"code": 1}, "code: Input should be a valid string"),
        ("execute_code", RUN | {"code": f"{LONG}x"}, "code: String should have at most 64000"),
        ("execute_code", RUN | {"stdin": f"{LONG}x"}, "stdin: String should have at most 64000"),
        ("execute_code", RUN | {"calls": "f(1)"}, "calls: Input should be a valid"),
        ("execute_code", RUN | {"calls": [1]}, "calls.0: Input should be a valid string"),
        ("execute_code", RUN | {"calls": ["x" * 201]}, "calls.0: String should have at most 200"),
        ("execute_code", RUN | {"calls": ["f(1)", "  "]}, "calls.1: String should have at least"),
        ("execute_code", RUN | {"calls": ["f('\0')"]}, "calls.0: String should match"),
        ("execute_code", RUN | {"calls": ["f(1)"] * (MAX_CALLS + 1)}, "calls: List should have at"),
        ("execute_code", RUN | {"language": "perl"}, "language: Extra inputs are not permitted"),
        ("execute_code", RUN | {LONG: 1}, f"{'x' * 100}: Extra inputs are not permitted"),
        ("ask_prediction", PREDICTION | {"call": LONG}, "call: String should have at most 200"),
        ("ask_prediction", PREDICTION | {"call": "x" * 201}, "call: String should have at most"),
        ("ask_prediction", PREDICTION | {"call": None}, "call: Input should be a valid string"),
        ("ask_prediction", PREDICTION | {"call": "f('\0')"}, "call: String should match"),
        ("ask_prediction", PREDICTION | {"question": "x" * 1_001}, "question: String should have"),
        ("ask_prediction", PREDICTION | {"question": "\0"}, "question: String should match"),
        ("ask_prediction", PREDICTION | {"answer": "2"}, "answer: Extra inputs"),
        ("give_hint", {"level": 0}, "level: Input should be greater than or equal to 1"),
        ("give_hint", {"level": 10}, "level: Input should be less than or equal to 9"),
        ("give_hint", {"level": -1}, "level: Input should be greater"),
        ("give_hint", {"level": "1"}, "level: Input should be a valid integer"),
        ("give_hint", {"level": True}, "level: Input should be a valid integer"),
        ("give_hint", {"level": 1.5}, "level: Input should be a valid integer"),
        ("give_hint", '{"level": 1e999}', "level: Input should be a valid integer"),
        ("give_hint", '{"level": ' + "9" * 5_000 + "}", "Invalid JSON"),
        ("give_hint", {"level": 1, "text": "Do this."}, "text: Extra inputs"),
        ("offer_check", {"what": "solution"}, "what: Input should be 'attempt', 'variant' or"),
        ("offer_check", {"what": LONG}, "what: Input should be"),
        ("offer_check", {}, "what: Field required"),
        ("set_mastery", {}, "There is no such tool; there are execute_code, ask_prediction"),
        (LONG, {}, "There is no such tool"),
        (None, {}, "There is no such tool"),
        (["give_hint"], {"level": 1}, "There is no such tool"),
    ],
)  # fmt: skip
def test_a_call_that_is_not_one_is_answered_with_what_is_wrong(
    name: Any, arguments: Any, said: str
) -> None:
    told = report(parse(name, arguments))
    assert told["status"] == "error"
    assert said in told["message"]
    assert len(told["message"]) < 400


@given(name=st.sampled_from(tools.NAMES), arguments=st.text())
def test_no_arguments_make_the_parser_raise(name: str, arguments: str) -> None:
    assert report(parse(name, arguments))["status"] == "error"


@pytest.mark.parametrize("payload", [{}, {"name": "give_hint"}, {"arguments": None}])
def test_a_call_without_its_fields_is_answered(payload: Payload) -> None:
    output = tools.parse_call(StoredCall(7, payload))
    assert isinstance(output, dict)
    assert output["call_id"] == ""


# Outputs -----------------------------------------------------------------------------------------


def run(**fields: Any) -> RunView:
    return RunView.model_validate(
        {"id": "call.7", "by": "tutor", "code": "", "state": "ok", "exit_code": 0} | fields
    )


def test_a_run_that_is_asked_for_shows_no_code_before_it_is_decided() -> None:
    asked = tools.asked_run(RunCall(7, "c1", "print(1)"))
    assert (asked.id, asked.code, asked.state) == ("call.7", "", "queued")
    assert tools.asked_run(RunCall(7, "c1", "print(1)"), "Not now.").state == "unavailable"


def test_the_output_of_a_run_is_what_it_printed() -> None:
    printed = (Printed(stream="stdout", text="ü\n"), Printed(stream="stderr", text="oh"))
    picture = FileView(name="a.png", kind="image/png", bytes=1, url="/a")
    told = tools.run_output("c1", run(output=printed, files=(picture,)))
    assert "ü" in told["output"]
    assert report(told) == {
        "status": "ok", "exit_code": 0, "stdout": "ü\n", "stderr": "oh", "duration_ms": 0,
        "message": "", "files": ["a.png"],
    }  # fmt: skip


def test_the_output_of_calls_is_what_came_of_each() -> None:
    calls = (
        CallView(call="f(1)", outcome="2", printed="hello\n"),
        CallView(call="f(0)", outcome="raises ValueError: no"),
        CallView(call="f(3)", printed="x" * 10_000),
    )
    told = report(tools.run_output("c1", run(calls=calls)))
    assert told["calls"][:2] == [
        {"call": "f(1)", "outcome": "2", "printed": "hello\n"},
        {"call": "f(0)", "outcome": "raises ValueError: no"},
    ]
    assert told["calls"][2]["printed"] == "x" * (tools.MAX_PRINTED_CHARS - 1) + "…"
    assert "stdout" not in told


def test_half_a_character_is_told_escaped() -> None:
    output = tools.refused_output("c1", "\ud800")["output"]
    assert output.encode()
    assert json.loads(output) == {"status": "refused", "because": "\ud800"}


def outputs(*reports: Any) -> list[Payload]:
    return [tools.output("c1", one) for one in reports]


@pytest.mark.parametrize(
    ("reports", "ends"),
    [
        ([], False),
        ([{"status": "asked"}], True),
        ([{"status": "given", "level": 1}], True),
        ([{"status": "offered"}], True),
        ([{"status": "asked"}, {"status": "offered"}], True),
        ([{"status": "write", "level": 1}], False),
        ([{"status": "refused", "because": "…"}], False),
        ([{"status": "error"}], False),
        ([{"status": "ok"}], False),
        ([{"status": "given"}, {"status": "ok"}], False),
        ([{"status": "given"}, {"status": "refused"}], False),
        ([{}], False),
        ([["asked"]], False),
        ([{"status": ["asked"]}], False),
    ],
)
def test_a_turn_ends_with_outputs_that_ask_for_no_more_of_the_model(
    reports: list[Any], ends: bool
) -> None:
    assert tools.ends_turn(outputs(*reports)) is ends


@pytest.mark.parametrize("stored", [None, 5, "", "asked", "[" * 100_000, [{"type": "x"}], "{}"])
def test_an_output_that_is_not_ours_has_no_status(stored: Any) -> None:
    assert tools.status({"type": "function_call_output", "output": stored}) == ""
    assert tools.status({}) == ""
