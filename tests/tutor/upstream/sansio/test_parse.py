"""What the API says, in our words: the border at which anything may come."""

import json
import math
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.responses import ResponsesServerEvent

from tutor.protocol.calls import Payload
from tutor.protocol.events import Usage
from tutor.upstream.sansio.causes import SOCKET_TOO_OLD
from tutor.upstream.sansio.known_events import KNOWN_EVENTS
from tutor.upstream.sansio.parse import (
    BUSY_S,
    MALFORMED,
    OVERLOADED,
    REFUSED,
    UNREADABLE_ITEM,
    ItemDone,
    ResponseCreated,
    ResponseDone,
    ResponseFailed,
    SteerAccepted,
    SteerFailed,
    SteerPending,
    TextDelta,
    UnknownEvent,
    parse_compaction,
    parse_error,
    parse_event,
)

MESSAGE = {"type": "message", "role": "assistant", "content": [{"text": "What if?"}]}
CALL = {"type": "function_call", "call_id": "call_1", "name": "execute_code", "arguments": "{}"}


def frame(**event: Any) -> bytes:
    return json.dumps(event).encode()


def completed(*output: Any, **fields: Any) -> bytes:
    response = {"id": "resp_1", "output": output, **fields}
    return frame(type="response.completed", response=response)


def error(code: str = "", status: Any = None, **fields: Any) -> bytes:
    return frame(type="error", status=status, error={"code": code, **fields})


def test_a_piece_of_text_is_spoken() -> None:
    assert parse_event(frame(type="response.output_text.delta", delta="Wh")) == TextDelta("Wh")


def test_a_complete_response_has_items_and_a_price() -> None:
    usage = {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 2}
    heard = parse_event(completed(MESSAGE, CALL, usage=usage))
    assert heard == ResponseDone("resp_1", (MESSAGE, CALL), usage=Usage(9, 4, 2))


def test_items_of_unknown_types_are_kept_as_they_came() -> None:
    reasoning = {"type": "reasoning", "encrypted_content": "gAAA", "phase": "commentary"}
    heard = parse_event(completed(reasoning))
    assert isinstance(heard, ResponseDone)
    assert heard.items == (reasoning,)


def test_the_id_of_a_call_may_be_of_any_length_and_is_kept_as_it_came() -> None:
    for name in ("", "ü/:\n" * 1_150):
        call = {**CALL, "call_id": name}
        heard = parse_event(completed(call))
        assert isinstance(heard, ResponseDone)
        assert heard.items == (call,)


USER: Payload = {"type": "message", "role": "user", "content": [{"text": "Why?"}]}
SEAL: Payload = {"type": "compaction", "encrypted_content": "gAAA"}
OUTPUT: Payload = {"type": "function_call_output", "call_id": CALL["call_id"], "output": "x"}


@pytest.mark.parametrize(
    ("items", "is_usable"),
    [
        ([SEAL], True), ([USER, SEAL], True), ([USER, MESSAGE, CALL, OUTPUT], True),
        ([], False), ([OUTPUT], False), ([USER, CALL], False), ([CALL, OUTPUT, OUTPUT], False),
        ([{"type": "function_call_output", "output": "x"}, SEAL], False),
        ([{**USER, "content": []}, SEAL], False), ([{**USER, "role": "tool"}, SEAL], False),
        ([{"type": "item_reference", "id": "msg_1"}], False), (["text"], False),
    ],
)  # fmt: skip
def test_a_compaction_that_no_request_may_begin_with_is_none(
    items: list[Any], is_usable: bool
) -> None:
    heard = parse_compaction(json.dumps({"id": "c1", "output": items}).encode())
    assert heard == (ResponseDone("c1", tuple(items)) if is_usable else None)


DEEP = json.loads("[" * 500 + "]" * 500)


@pytest.mark.parametrize(
    "told",
    [
        None, 7, "text", ["x"], DEEP, {}, {"code": {"a": []}}, {"code": DEEP, "message": DEEP},
        {"code": 400}, {"headers": "a"}, {"headers": ["a"]}, {"message": 7},
        {"headers": {"retry-after": 10**400}}, {"headers": {"Retry-After": "nan"}},
        {"headers": {"Retry-After": "-1"}}, {"headers": {"Retry-After": "1e999"}},
        {"headers": {"Retry-After": {}}}, {"message": f"try again in {'9' * 400}s"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [429, "429", "²", "9" * 5_000, True, None, [], 503.0])
@pytest.mark.parametrize("headers", [None, "a", 7, ["a"], {"retry-after": "inf"}])
def test_whatever_an_error_says_it_is_one_to_be_told(told: Any, status: Any, headers: Any) -> None:
    heard = parse_error(told, {"status": status, "headers": headers})
    assert heard.message
    assert 0.0 <= heard.retry_after_s < math.inf
    assert heard.may_retry == (status in (429, "429"))


@pytest.mark.parametrize(
    "item",
    [
        "a string", 7, None, {}, {"type": 7}, {"type": "message"},
        {**MESSAGE, "content": None}, {**MESSAGE, "content": [{"text": 5}]},
        {**MESSAGE, "role": None}, {**CALL, "arguments": None}, {**CALL, "name": 1},
        {**CALL, "call_id": 7}, {**CALL, "call_id": None},
        {"type": "function_call", "name": "execute_code"},
        # The model speaks for itself alone.
        {**MESSAGE, "role": "user"}, {**MESSAGE, "role": "user", "content": []},
        {**MESSAGE, "role": "developer"},
        {"type": "function_call_output", "call_id": "call_1", "output": "x"},
    ],
)  # fmt: skip
def test_an_item_that_we_cannot_keep_leaves_its_place_to_what_else_is_known_of_it(
    item: Any,
) -> None:
    assert parse_event(completed(MESSAGE, item)) == ResponseDone(
        "resp_1", (MESSAGE, UNREADABLE_ITEM)
    )
    done = frame(type="response.output_item.done", output_index=1, item=item)
    assert parse_event(done) == UnknownEvent()


@pytest.mark.parametrize(
    ("index", "known"), [(0, 0), (7, 7), (None, None), (-1, None), ("1", None), (True, None)]
)
def test_an_item_that_is_done_has_its_place(index: Any, known: int | None) -> None:
    done = frame(type="response.output_item.done", output_index=index, item=CALL)
    assert parse_event(done) == ItemDone(known, CALL)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.completed", "response": {"id": "resp_1", "output": []}},
        {"type": "response.created", "response": {"id": "resp_1"}},
        {"type": "response.output_text.delta", "delta": "Wh"},
        {"type": "error", "status": 400, "error": {"code": "invalid_stream_id"}},
        {"type": "response.failed", "response": []},
    ],
)
def test_an_event_of_another_lane_is_none_of_ours(event: dict[str, Any]) -> None:
    assert parse_event(frame(**event, stream_id="main")) is None
    # No lane at all is the default one, the only one that we use.
    assert parse_event(frame(**event, stream_id=None)) == parse_event(frame(**event)) != None  # noqa: E711


@pytest.mark.parametrize("depth", [200, 900, 5_000, 100_000])
def test_json_of_any_depth_is_an_end_that_cannot_be_read(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    heard = parse_event(b'{"type": "response.failed", "response": {"id": "r", "error": %b}}' % deep)
    assert isinstance(heard, ResponseFailed)
    whole = b'{"type": "response.completed", "response": {"id": "r", "output": [{"type": "x", "x": '
    heard = parse_event(whole + deep + b"}]}}")
    assert heard in (MALFORMED, ResponseDone("r", (UNREADABLE_ITEM,)))


@pytest.mark.parametrize("price", ["1e999", "-1e999", "NaN", "-5", "1e30", '"x"', "[]", "null"])
def test_a_price_that_is_none_costs_no_answer(price: str) -> None:
    raw = completed(usage={"input_tokens": "?", "output_tokens": 2, "input_tokens_details": "?"})
    heard = parse_event(raw.replace(b'"?"', price.encode()))
    assert isinstance(heard, ResponseDone)
    assert 0 <= heard.usage.input < 2**31
    assert (heard.usage.cached, heard.usage.output) == (0, 2)


@pytest.mark.parametrize("number", ["NaN", "1e999"])
def test_an_item_that_no_database_takes_is_not_kept(number: str) -> None:
    raw = completed({"type": "x", "x": "?"}).replace(b'"?"', number.encode())
    assert parse_event(raw) == ResponseDone("resp_1", (UNREADABLE_ITEM,))


@pytest.mark.parametrize("name", [None, "", 7, [], {}])
def test_an_end_may_have_no_name_a_beginning_must(name: Any) -> None:
    end = frame(type="response.completed", response={"id": name, "output": []})
    assert parse_event(end) == ResponseDone("", ())
    assert parse_event(frame(type="response.created", response={"id": name})) == UnknownEvent()


def test_a_failed_response_says_which_it_was() -> None:
    failed = parse_event(frame(type="response.failed", response={"id": "r\0", "error": {}}))
    assert isinstance(failed, ResponseFailed)
    assert (failed.ends_response, failed.response_id) == (True, "r\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize("kind", ["response.completed", "response.done"])
def test_what_is_called_complete_and_is_not_says_so_in_its_status(kind: str) -> None:
    quota = {"code": "insufficient_quota", "message": "…"}
    failed = {"id": "r", "status": "failed", "output": [], "error": quota}
    assert parse_event(frame(type=kind, response=failed)) == parse_event(
        frame(type="response.failed", response=failed)
    )
    short = {"id": "r", "status": "incomplete", "output": [MESSAGE],
             "incomplete_details": {"reason": "max_output_tokens"}}  # fmt: skip
    assert parse_event(frame(type=kind, response=short)) == ResponseDone(
        "r", (MESSAGE,), "max_output_tokens"
    )


def test_half_characters_and_nul_are_replaced_whole_ones_are_not() -> None:
    halves = b'{"type": "response.output_text.delta", "delta": "a\\ud83d \\u0000 \\ud83d\\ude00"}'
    assert parse_event(halves) == TextDelta(
        "a\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER} 😀"
    )
    heard = parse_event(b'{"type": "response.completed", "response": {"id": "r", "output": '
                 b'[{"type": "reasoning", "summary": ["\\udc00"]}]}}')  # fmt: skip
    assert isinstance(heard, ResponseDone)
    json.dumps(heard.items, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "raw",
    [
        frame(type="response.completed"), frame(type="response.failed", response=[]),
    ],
)  # fmt: skip
def test_an_end_that_cannot_be_read_is_an_end(raw: bytes) -> None:
    assert parse_event(raw) == MALFORMED


def test_every_event_that_the_sdk_knows_is_known() -> None:
    union, *_ = get_args(ResponsesServerEvent)
    kinds = {get_args(event.model_fields["type"].annotation)[0] for event in get_args(union)}
    assert {f"response.{kind}" for kind in KNOWN_EVENTS} | {"error"} == kinds | {"response.done"}


def test_what_becomes_of_steering_is_heard() -> None:
    steer = {"id": "steer_1", "previous_response_id": "resp_1"}
    assert parse_event(
        frame(type="response.created", response={"id": "resp_1"})
    ) == ResponseCreated("resp_1")
    assert parse_event(frame(type="response.steer.accepted", steer=steer)) == SteerAccepted(
        "steer_1"
    )
    assert parse_event(frame(type="response.steer.pending", steer=steer)) == SteerPending()
    error = {"code": "steering_not_supported", "type": "invalid_request_error"}
    refused = parse_event(frame(type="response.steer.failed", steer={"input": []}, error=error))
    assert refused == SteerFailed("", "steering_not_supported")


@pytest.mark.parametrize(
    ("error", "is_rate_limit"),
    [
        ({"code": "rate_limit_exceeded"}, True),
        ({"code": "slow_down"}, True),
        ({"code": "server_is_overloaded"}, False),
    ],
)
def test_a_limit_of_the_key_is_told_from_a_fault_of_one_request(
    error: dict[str, str], is_rate_limit: bool
) -> None:
    heard = parse_event(frame(type="error", error=error))
    assert isinstance(heard, ResponseFailed)
    assert heard.is_rate_limit is is_rate_limit


@pytest.mark.parametrize(
    "raw",
    [b"", b"not json", b"[]", b"7", b"{}", frame(type=None), frame(type="codex.rate_limits"),
     frame(type="response.news"), frame(type="response.created", response=None),
     frame(type="response.output_text.delta")],
)  # fmt: skip
def test_everything_else_is_passed_over(raw: bytes) -> None:
    assert parse_event(raw) == UnknownEvent()


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        (error("rate_limit_exceeded", 429, headers={"Retry-After": "7"}), 7),
        (frame(type="error", status=429, headers={"retry-after": 3}, error={}), 3),
        (error(status="429"), BUSY_S),
        (error(status=503), BUSY_S),
        (error("server_is_overloaded"), BUSY_S),
        (error("slow_down", message="Please try again in 350 ms."), 0.35),
        (error("rate_limit_exceeded", headers={"retry-after": "Wed, 21 Oct"}), BUSY_S),
        (frame(type="error", code="server_error", message="…"), BUSY_S),
        (frame(type="response.failed", response={"error": {"code": "server_error"}}), BUSY_S),
    ],
)
def test_a_passing_failure_says_how_long_to_wait(raw: bytes, seconds: float) -> None:
    heard = parse_event(raw)
    assert isinstance(heard, ResponseFailed)
    assert (heard.message, heard.may_retry) == (OVERLOADED, True)
    assert heard.retry_after_s == seconds


@pytest.mark.parametrize("code", ["invalid_prompt", "", "bio_policy", None])
def test_a_failure_that_would_come_again_is_final(code: Any) -> None:
    heard = parse_event(error(code, 400))
    assert isinstance(heard, ResponseFailed)
    assert (heard.message, heard.may_retry) == (REFUSED, False)


def test_a_socket_that_is_too_old_is_no_failure_of_the_request() -> None:
    heard = parse_event(error(SOCKET_TOO_OLD, 400))
    assert isinstance(heard, ResponseFailed)
    assert (heard.may_retry, heard.retry_after_s) == (True, 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    kind=st.sampled_from(["response.completed", "response.failed", "error", "response.done",
                          "response.incomplete", "response.output_text.delta",
                          "response.output_item.done", "response.created"]),
    rest=st.dictionaries(
        st.sampled_from(["response", "error", "delta", "status", "item", "output_index"]),
        JSON | st.dictionaries(st.sampled_from(["id", "output", "usage", "type", "error"]), JSON),
    ),
)  # fmt: skip
@settings(deadline=None)
def test_whatever_comes_hear_never_raises(kind: str, rest: dict[str, Any]) -> None:
    parse_event(json.dumps({"type": kind, **rest}).encode())
