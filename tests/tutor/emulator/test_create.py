"""Requests that are refused, and requests that are taken."""

import pytest

from tests.tutor.emulator.core import (
    connection,
    refused,
    started,
)
from tutor.emulator.protocol import Refused, decode


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
