"""Items of every type that the official SDK has, references to stored ones, tools among them."""

from typing import Any, get_args

import pytest
from openai.types.responses import ResponseInputItem, ResponseItem

from tests.tutor.emulator.core import connection, refused, response_id, run, started
from tutor.emulator import Call, Say
from tutor.emulator.choice import bound
from tutor.emulator.items import OPAQUE, REQUIRED
from tutor.emulator.model import Choice


def sdk_types() -> set[str]:
    """The names of all types of item that the SDK sends or receives."""
    found = set()
    for union in (ResponseInputItem, ResponseItem):
        for model in get_args(get_args(union)[0]):
            annotation = model.model_fields["type"].annotation
            literals = [annotation, *get_args(annotation)]
            found |= {name for literal in literals for name in get_args(literal)}
    return {name for name in found if isinstance(name, str)}


TOOL: dict[str, Any] = {"type": "function", "name": "look", "parameters": {"type": "object"}}


def brought(*tools: Any) -> dict[str, Any]:
    return {"type": "additional_tools", "role": "developer", "tools": list(tools)}


USER = {"type": "message", "role": "user", "content": "Hi"}


class TestTypes:
    def test_every_type_of_the_sdk_is_known_and_no_other(self):
        assert sdk_types() == OPAQUE | set(REQUIRED)

    @pytest.mark.parametrize("kind", sorted(OPAQUE))
    def test_what_is_not_read_is_passed_on_as_it_came(self, kind):
        item = {"type": kind, "id": "x_1", "anything": [{"goes": None}]}
        request = started(connection(), input=[USER, item]).request
        assert request.items == (USER, item)

    def test_a_continuation_keeps_them(self):
        core = connection()
        first = response_id(run(core, Say("Hi"), input=[{"type": "shell_call", "call_id": "s"}]))
        known = started(core, previous_response_id=first).request.items
        assert [item["type"] for item in known] == ["shell_call", "message", "message"]


class TestAdditionalTools:
    def test_they_are_tools_of_the_request_and_of_its_continuations(self):
        core = connection()
        generation = started(core, input=[brought(TOOL), USER])
        assert generation.request.tools == (TOOL,)
        core.complete(generation, 0)
        core.release(generation)
        chosen = {"type": "function", "name": "look"}
        again = started(core, previous_response_id=generation.id, tool_choice=chosen)
        assert again.request.tools == (TOOL,)
        (call,) = bound([], again.create.choice, again.request.tools, parallel=True)
        assert call == Call("look", "{}")

    def test_one_that_was_not_brought_is_not_chosen(self):
        chosen = {"type": "function", "name": "dance"}
        frame = refused(connection(), input=[brought(TOOL), USER], tool_choice=chosen)
        assert frame["error"]["param"] == "tool_choice"

    def test_tools_in_a_namespace_are_taken_and_not_called(self):
        space = {"type": "namespace", "name": "n", "tools": [TOOL]}
        request = started(connection(), input=[brought(space), USER]).request
        assert list(bound([], Choice(must=True), request.tools, parallel=True)) == []

    @pytest.mark.parametrize("tool", ["look", {}, {"type": "function"}])
    def test_what_is_no_tool_is_named(self, tool):
        frame = refused(connection(), input=[USER, brought(tool)])
        assert frame["error"]["param"].startswith("input[1].tools[0]")


class TestReferences:
    @pytest.mark.parametrize("form", ["whole", "bare"])
    def test_a_stored_item_is_found_by_its_id(self, form):
        stored: dict[str, Any] = {}
        message = run(connection(stored), Say("Plum."), store=True)[-1]["response"]["output"][0]
        reference = {"id": message["id"]} | ({"type": "item_reference"} if form == "whole" else {})
        request = started(connection(stored), input=[reference, USER]).request
        assert request.items == (message, USER)

    def test_so_is_one_that_was_asked(self):
        stored: dict[str, Any] = {}
        run(connection(stored), Say("Plum."), store=True, input=[USER | {"id": "msg_own"}])
        reference = {"type": "item_reference", "id": "msg_own"}
        assert started(connection(stored), input=[reference]).request.items[0]["content"] == "Hi"

    def test_one_that_was_not_to_be_stored_is_not_found_and_that_is_why(self):
        core = connection()
        message = run(core, Say("Plum."), store=False)[-1]["response"]["output"][0]
        reference = {"type": "item_reference", "id": message["id"]}
        error = refused(core, input=[reference])["error"]
        assert error["param"] == "input"
        assert error["message"] == (
            f"Item with id '{message['id']}' not found. Items are not persisted when `store` is "
            "set to false."
        )

    @pytest.mark.parametrize("store", [True, False])
    def test_of_an_unknown_one_nothing_else_is_said(self, store):
        reference = {"type": "item_reference", "id": "msg_0"}
        error = refused(connection(), input=[reference], store=store)["error"]
        assert error["message"] == "Item with id 'msg_0' not found."

    def test_a_referenced_call_needs_its_output(self):
        stored: dict[str, Any] = {}
        call = {"type": "function_call", "id": "fc_own", "call_id": "c", "name": "f"}
        output = {"type": "function_call_output", "call_id": "c", "output": "1"}
        asked = [USER, call | {"arguments": "{}"}, output]
        run(connection(stored), Say("Done."), store=True, input=asked)
        reference = {"type": "item_reference", "id": "fc_own"}
        assert (
            "No tool output" in refused(connection(stored), input=[reference])["error"]["message"]
        )
        assert started(connection(stored), input=[reference, output])
