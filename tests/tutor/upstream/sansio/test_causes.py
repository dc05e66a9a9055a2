"""Why a request was refused, from the words of many servers."""

from typing import Any

import pytest

from tutor.protocol.calls import Payload
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.causes import Cause


@pytest.mark.parametrize(
    ("status", "told", "cause"),
    [
        (400, {"code": "context_length_exceeded"}, Cause.TOO_LONG),
        (400, {"code": "context_window_exceeded"}, Cause.TOO_LONG),
        (400, {"type": "exceed_context_size_error", "message": "…"}, Cause.TOO_LONG),
        (400, {"message": "the request exceeds the available context size"}, Cause.TOO_LONG),
        (400, {"message": "litellm.ContextWindowExceededError: …"}, Cause.TOO_LONG),
        (500, {"code": "context_length_exceeded"}, Cause.TOO_LONG),
        # What may pass is no word's reason to leave anything out.
        (500, {"message": "the request exceeds the available context size"}, Cause.UNKNOWN),
        (504, {"message": "context deadline exceeded (Client.Timeout …)"}, Cause.UNKNOWN),
        (503, {"message": "Request too large for …"}, Cause.UNKNOWN),
        (500, {"code": "server_error", "message": "context canceled"}, Cause.UNKNOWN),
        (429, {"message": "Exceeded the rate limit for long context requests"}, Cause.UNKNOWN),
        (429, {"message": "maximum context length"}, Cause.UNKNOWN),
        (None, {"message": "rpc error: context deadline exceeded"}, Cause.UNKNOWN),
        (400, {"message": "context canceled"}, Cause.UNKNOWN),
        (408, {"message": "Request timed out"}, Cause.UNKNOWN),
        (400, {"message": "This tool is no longer available in this context."}, Cause.REFUSED),
        (400, {"message": "Limit exceeded for long context requests"}, Cause.REFUSED),
        (None, {"message": "This model's maximum context length is 16384 tokens."}, Cause.TOO_LONG),
        (400, {"message": "The input is longer than the model's context length"}, Cause.TOO_LONG),
        (400, {"message": "prompt is too long: 208310 tokens > 200000"}, Cause.TOO_LONG),
        (400, {"code": "ContextWindowExceededError"}, Cause.TOO_LONG),
        (
            429,
            {"code": "rate_limit_exceeded", "message": "Request too large for …"},
            Cause.TOO_LONG,
        ),
        (413, {}, Cause.TOO_LONG),
        (429, {"code": "rate_limit_exceeded", "message": "Limit 10000 tokens"}, Cause.UNKNOWN),
        (400, {"code": "invalid_encrypted_content"}, Cause.SEALED),
        (400, {"message": "The encrypted content for item rs_1 could not be …"}, Cause.SEALED),
        (400, {"message": "Item 'rs_1' of type 'reasoning' was provided without …"}, Cause.SEALED),
        (400, {"message": "Invalid value: 'compaction'.", "param": "input[3].type"}, Cause.SEALED),
        (404, {"message": "Item with id 'rs_1' not found. Items are not persisted when `store` "
                          "is set to false."}, Cause.SEALED),
        (404, {"message": "Item with id 'cmp_1' not found."}, Cause.SEALED),
        (404, {"message": "Item with id 'msg_1' not found."}, Cause.REFUSED),
        (400, {"message": "Unsupported value: 'messages[0].role' does not support 'system' with "
                          "this model.", "param": "messages[0].role"}, Cause.ROLE),
        (400, {"message": "Invalid value.", "param": "input[4].role"}, Cause.ROLE),
        (400, {"message": "messages[0].role: unknown variant `developer`, expected one of …"},
         Cause.ROLE),
        (400, {"message": "chat template rejected the request: Unexpected message role."},
         Cause.ROLE),
        (500, {"message": "System message must be at the beginning.", "type": "server_error"},
         Cause.ROLE),
        (None, {"message": "Invalid enum value. Expected 'system' | …, received 'developer'"},
         Cause.ROLE),
        (400, {"message": "developer is not one of ['system', 'user'] - 'messages.0.role'"},
         Cause.ROLE),
        (400, {"message": "messages.67: role 'system' must precede an 'assistant' message"},
         Cause.ROLE),
        (400, {"message": "Unexpected role 'system' after role 'user'"}, Cause.ROLE),
        (400, {"message": "System role not supported"}, Cause.ROLE),
        (400, {"message": "Only user and assistant roles are supported!"}, Cause.ROLE),
        (422, {"detail": [{"loc": ["body", "input", 1, "role"], "msg": "Input should be …"}]},
         Cause.ROLE),
        # What may pass, or is about something else.
        (503, {"message": "System messages are not taken now"}, Cause.UNKNOWN),
        (400, {"message": "The system is busy; your role in this does not matter."}, Cause.REFUSED),
        (400, {"message": "The developer of this app must accept the terms."}, Cause.REFUSED),
        (400, {"code": "invalid_value", "message": "Invalid value: 'reasoning'. Supported …",
               "param": "input[1]"}, Cause.SEALED),
        (400, {"message": "Invalid type for 'reasoning'.", "param": "reasoning"}, Cause.FIELD),
        (400, {"code": "previous_response_not_found"}, Cause.NOT_FOUND),
        (400, {"code": None, "message": "No tool call found …"}, Cause.REFUSED),
        (422, {"detail": [{"loc": ["input"]}]}, Cause.REFUSED),
        (None, {}, Cause.REFUSED),
        (401, {"message": "context length exceeded"}, Cause.NOT_SERVED),
        (403, {}, Cause.NOT_SERVED),
        (402, {"code": 402, "message": "Insufficient credits"}, Cause.NOT_SERVED),
        (429, {"code": "insufficient_quota", "type": "insufficient_quota"}, Cause.NOT_SERVED),
        (429, {"code": None, "type": "insufficient_quota"}, Cause.NOT_SERVED),
        (429, {"message": "You exceeded your current quota, please check your plan and billing "
                          "details."}, Cause.NOT_SERVED),
        # A limit of one minute, in the same words.
        (429, {"message": "You exceeded your current quota. Please retry in 28.5s."},
         Cause.UNKNOWN),
        (None, {"code": "billing_hard_limit_reached"}, Cause.NOT_SERVED),
        (None, {"code": "billing_not_active"}, Cause.NOT_SERVED),
        (400, {"type": "budget_exceeded", "message": "Budget has been exceeded!"},
         Cause.NOT_SERVED),
        (None, {"code": "model_not_found"}, Cause.NOT_SERVED),
        (404, {"code": "DeploymentNotFound"}, Cause.NOT_SERVED),
        (404, {"type": "NotFoundError", "code": 404, "message": "The model `x` does not exist."},
         Cause.NOT_SERVED),
        (404, {"type": "not_found_error", "message": "model \"x\" not found, try pulling it first"},
         Cause.NOT_SERVED),
        (400, {"message": "litellm.BadRequestError: Invalid model name passed in model=x"},
         Cause.NOT_SERVED),
        (400, {"code": "invalid_value", "message": "…", "param": "model"}, Cause.NOT_SERVED),
        (None, {"code": "invalid_api_key"}, Cause.NOT_SERVED),
        (None, {"code": "401", "message": "litellm.AuthenticationError: …"}, Cause.NOT_SERVED),
        (500, {"type": "authentication_error"}, Cause.NOT_SERVED),
        (None, {"code": "unsupported_country_region_territory"}, Cause.NOT_SERVED),
        # Nothing of the kind.
        (429, {"code": "rate_limit_exceeded", "message": "Rate limit reached for model x in "
               "organization y on tokens per min."}, Cause.UNKNOWN),
        (503, {"message": "The model x is not available right now."}, Cause.UNKNOWN),
        (400, {"message": "Item 'rs_1' of type 'reasoning' of this model not found"},
         Cause.SEALED),
        (400, {"message": "This model does not support image inputs."}, Cause.REFUSED),
        (400, {"code": "invalid_prompt", "message": "…"}, Cause.REFUSED),
        (503, {}, Cause.UNKNOWN),
        (None, {"code": "server_is_overloaded"}, Cause.UNKNOWN),
    ],
)  # fmt: skip
def test_the_cause_of_a_refusal_is_recognized(status: Any, told: Payload, cause: Cause) -> None:
    assert parse.parse_error(told, {"status": status}).cause is cause


def test_an_error_that_is_only_a_text_is_read_as_well() -> None:
    assert parse.parse_error("context size exceeded", {"status": 400}).cause is Cause.TOO_LONG
