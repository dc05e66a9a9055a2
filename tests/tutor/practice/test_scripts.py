"""Answers from a file, and what is said of files that hold none."""

import json
from typing import Any

import pytest

from tests.tutor.emulator.wire import dial
from tutor import emulator
from tutor.emulator import Call, Say, Think, scripts
from tutor.emulator.scripts import ScriptError


def test_an_answer_is_a_text_or_its_parts():
    assert scripts.parse("Hi") == [Say("Hi")]
    parts = [
        {"think": "Hm."},
        {"say": "Wait.", "phase": "commentary"},
        {"call": "execute_code", "arguments": {"code": "print('ü')"}, "call_id": "call_a"},
        {"call": "f"},
        {"call": "f", "arguments": "{broken"},
    ]
    assert scripts.parse(parts) == [
        Think("Hm."),
        Say("Wait.", phase="commentary"),
        Call("execute_code", '{"code": "print(\'ü\')"}', "call_a"),
        Call("f", "{}"),
        Call("f", "{broken"),
    ]


async def test_answers_come_in_turn_over_all_sockets_and_then_no_more(tmp_path):
    file = tmp_path / "script.json"
    file.write_text(json.dumps(["One", [{"say": "Two"}]]))
    async with emulator.serve(model=scripts.read(file)) as server:
        texts = []
        for _ in range(2):
            async with dial(server) as wire:
                output = (await wire.ask())[-1]["response"]["output"]
                texts.append(output[0]["content"][0]["text"])
        async with dial(server) as wire:
            assert (await wire.ask())[-1]["type"] == "response.failed"
    assert texts == ["One", "Two"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "not a list"),
        (["Hi", 3], "answer 2"),
        ([[{"say": "Hi", "think": "Hm"}]], "one of"),
        ([[{}]], "one of"),
        ([["Hi"]], "one of"),
        ([[{"say": 3}]], "not a text"),
        ([[{"say": "Hi", "tone": "kind"}]], "no 'tone'"),
        ([[{"say": "Hi", "phase": "first"}]], "phase"),
        ([[{"call": "f", "call_id": 3}]], "call_id"),
    ],
)
def test_what_is_no_script_is_explained(tmp_path, document: Any, said: str):
    file = tmp_path / "script.json"
    file.write_text(json.dumps(document))
    with pytest.raises(ScriptError, match=said):
        scripts.read(file)


def test_what_is_no_json_is_explained(tmp_path):
    file = tmp_path / "script.json"
    file.write_text("[")
    with pytest.raises(ScriptError, match="not JSON"):
        scripts.read(file)
