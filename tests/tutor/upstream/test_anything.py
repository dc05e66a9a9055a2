"""A stream in which anything may be anything: nothing is raised, and what is kept can be kept.

Parser, request, connection and turn are real; the socket brings bytes.
"""

import asyncio
import json
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedOK

from tests.tutor.asking import FIELDS
from tests.tutor.scripted import Frame, call, completed, created, delta, done, error, message
from tutor.method import prompts
from tutor.protocol.calls import StoredCall
from tutor.protocol.events import CallsStored, ModelFinished, TurnBegan
from tutor.turn.rules import TurnMachine
from tutor.upstream.connection import Connection
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.steering import Steering

# Placeholders in a frame for what json.dumps does not write.
RAW = {
    '"@deep"': "[" * 950 + "]" * 950, '"@deeper"': '{"a":' * 5_000 + "1" + "}" * 5_000,
    '"@digits"': "9" * 5_000, '"@nan"': "NaN", '"@infinity"': "-Infinity", '"@half"': '"\\ud83d"',
    '"@nul"': '"\\u0000"', '"@twice"': '{"id": "a", "id": "b", "type": "x", "type": 7}',
    '"@float"': "1e999",
}  # fmt: skip
ODD = st.sampled_from([name.strip('"') for name in RAW]) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
STREAM: list[Frame] = [
    created("r1"), {"type": "response.reasoning_text.delta", "delta": "…"}, delta("Wh"),
    delta("at?"), done(0, message("What?")), done(1, call("print(1)")),
    completed("r1", message("What?"), call("print(1)")),
    {"type": "response.failed", "response": {"id": "r1", "error": {"code": "server_error"}}},
    {"type": "response.incomplete", "response": {
        "id": "r1", "output": [message("Wh")], "incomplete_details": {"reason": "x"}}},
    {**error("rate_limit_exceeded", "try again in 6m0s", 429), "headers": {"retry-after": "1"}},
    {"type": "response.steer.failed", "steer": {"id": "s"}, "error": {"code": "x"}},
]  # fmt: skip


def raw(frame: Any) -> bytes:
    text = json.dumps(frame)
    for name, value in RAW.items():
        text = text.replace(name, value)
    return text.encode()


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each part of a frame."""
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    found = [at]
    for key, part in parts if isinstance(value, dict | list | tuple) else ():
        found += paths(part, (*at, key)) if isinstance(part, dict | list | tuple) else [(*at, key)]
    return found


@st.composite
def mutated(draw: st.DrawFn) -> list[bytes]:
    """A stream with some frames left out, said twice, in another order, changed or cut."""
    stream = draw(st.lists(st.sampled_from(STREAM), min_size=1, max_size=8))
    stream = draw(st.sampled_from([stream, STREAM[:6] + stream]))
    told = []
    for frame in json.loads(json.dumps(stream)):
        way = draw(st.none() | st.sampled_from(paths(frame)[1:]))
        if way:
            place = frame
            for key in way[:-1]:
                place = place[key]
            place[way[-1]] = draw(ODD)
        told.append(raw(frame)[: draw(st.none() | st.integers(0, 40))])
    return told


class Socket:
    """Brings these bytes, then ends. Stands for the SDK's connection and for its transport."""

    def __init__(self, told: list[bytes]) -> None:
        self.told = told

    async def send_raw(self, text: str) -> None:
        json.loads(text)

    async def recv_bytes(self) -> bytes:
        await asyncio.sleep(0)
        if not self.told:
            raise ConnectionClosedOK(None, None)
        return self.told.pop(0)

    async def close(self) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


async def hear(told: list[bytes]) -> parse.Outcome:
    heard: list[str] = []
    socket: Any = Socket(told)
    connection = Connection(
        FIELDS, socket, socket, Steering("gpt-6-astra"), lambda event: None, lambda *cost: None
    )

    def take(text: str) -> bool:
        heard.append(text)
        return True

    async def on_steered(over: parse.ResponseDone) -> None:
        keepable(over.items)

    request = connection.question([prompts.student_message("Why?")], take, on_steered)
    exchange = asyncio.create_task(connection.exchange(request))
    await asyncio.sleep(0)
    with pytest.raises(ConnectionClosedOK):
        await connection.read()
    outcome = await exchange
    "".join(heard).encode()
    return outcome


def keepable(items: Any) -> None:
    """Such as a database, a page and the next request take."""
    json.dumps(items, allow_nan=False, ensure_ascii=False).encode()
    assert "\\u0000" not in json.dumps(items)


@given(mutated())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_stream_says_nothing_is_raised(told: list[bytes]) -> None:
    outcome = asyncio.run(hear(told))
    if isinstance(outcome, parse.ResponseFailed):
        assert outcome.message
        assert 0 <= outcome.retry_after_s < 1e6
        return
    keepable(outcome.items)
    turn = TurnMachine()
    turn.receive(TurnBegan(1))
    end = ModelFinished(1, outcome.response_id, outcome.items, outcome.cut_short, outcome.usage)
    turn.receive(end)
    calls = [item for item in outcome.items if item["type"] == "function_call"]
    turn.receive(CallsStored(tuple(StoredCall(n, item) for n, item in enumerate(calls, 1))))


@given(ODD | st.dictionaries(st.sampled_from(["type", "error", "response"]), ODD))
@settings(deadline=None)
def test_whatever_an_event_is_it_is_parsed(value: Any) -> None:
    parse.parse_event(raw(value))
    parse.parse_compaction(raw({"id": "c1", "output": [value]}))


END = json.dumps(completed("r1", message("Well?"))).encode()


@pytest.mark.parametrize(
    "odd",
    [
        END.replace(b'"input_tokens": 1', b'"input_tokens": ' + b"9" * 5_000),
        END.replace(b'"annotations": []', b'"annotations": [], "x": "\xff"'),
        END.replace(b'"usage"', b'"created_at": -' + b"1" * 10_000 + b', "usage"'),
    ],
)
def test_what_python_refuses_to_read_costs_no_answer(odd: bytes) -> None:
    outcome = cast("parse.ResponseDone", asyncio.run(hear([raw(created("r1")), odd])))
    assert [item["content"][0]["text"] for item in outcome.items] == ["Well?"]


@pytest.mark.parametrize("odd", [None, 7, {}, ["x"], True, "@deep", "@deeper"])
def test_a_piece_of_text_that_is_none_is_not_shown(odd: Any) -> None:
    event = {"type": "response.output_text.delta", "delta": odd}
    assert parse.parse_event(raw(event)) == parse.UnknownEvent()
