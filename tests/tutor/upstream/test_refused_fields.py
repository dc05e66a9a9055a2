"""A field that the server does not take: asked again without it, and remembered for a while."""

import asyncio

import pytest
from structlog.testing import capture_logs

from tests.tutor import asking
from tests.tutor.asking import Connect, Student, text
from tests.tutor.scripted import Frame, said, scripted
from tutor.protocol.events import ModelFailed
from tutor.upstream.refused_fields import MAX_REFUSALS, REMEMBERED_S, RefusedFields

pytestmark = pytest.mark.usefixtures("quick_backoff")

OPTIONS = {"reasoning": {"effort": "low"}, "text": {"verbosity": "low"}, "max_output_tokens": 3_500}


@pytest.fixture(autouse=True)
def with_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FIELDS", asking.FIELDS | OPTIONS)


def refused(param: str) -> list[Frame]:
    told = {"type": "invalid_request_error", "code": "unsupported_parameter", "message": "No."}
    return [{"type": "error", "status": 400, "error": {**told, "param": param}}]


def options_of(frame: Frame) -> set[str]:
    return set(frame) & set(OPTIONS)


async def test_all_ways_send_the_options_and_a_refused_one_is_left_out_at_once(
    connect: Connect,
) -> None:
    answers = [refused("reasoning.effort"), refused("text"), said("r1", "one"), said("r2", "two")]
    async with scripted(*answers) as server, connect(server.base_url) as student:
        await student.ready()
        with capture_logs() as logs:
            assert text(await student.say("one")) == "one"
            assert text(await student.say("two")) == "two"
        assert options_of(server.warmed[0]) == set(OPTIONS)
        assert [options_of(frame) for frame in server.asked] == [
            set(OPTIONS), {"text", "max_output_tokens"}, {"max_output_tokens"},
            {"max_output_tokens"},
        ]  # fmt: skip
        # The next question continues the answer, under the fields that it was asked with.
        assert server.asked[3]["previous_response_id"] == "r1"
        assert all(frame["store"] is False for frame in server.asked)
        said_once = [log["field"] for log in logs if log["event"] == "upstream.field_refused"]
        assert said_once == ["reasoning", "text"]
        # Another student's upstream in this process knows it.
        server.answers.append(said("r3", "three"))
        other = Student()
        running = asyncio.create_task(other.upstream.run())
        assert text(await other.say("three")) == "three"
        running.cancel()
        await asyncio.wait([running])
        assert options_of(server.asked[4]) == {"max_output_tokens"}


async def test_a_warm_up_that_is_refused_for_a_field_is_learned_from(connect: Connect) -> None:
    async with scripted(said("r1", "one")) as server:
        server.warm_ups.append(refused("max_output_tokens"))
        async with connect(server.base_url) as student:
            await student.ready()
            assert text(await student.say("one")) == "one"
        assert (len(server.warmed), len(server.asked)) == (1, 1)
        assert options_of(server.asked[0]) == {"reasoning", "text"}


async def test_a_field_that_is_refused_though_it_was_not_sent_ends_the_question(
    connect: Connect,
) -> None:
    async with (
        scripted(refused("service_tier"), refused("service_tier")) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        assert isinstance(await student.say("one"), ModelFailed)
        # The second time it was told everything, as after any refusal of a continuation.
        assert [options_of(frame) for frame in server.asked] == [set(OPTIONS)] * 2


async def test_over_http_it_is_the_same(connect: Connect) -> None:
    async with scripted(refused("text"), said("r1", "one"), said("r2", "two")) as server:
        server.upgrades = False
        async with connect(server.base_url) as student:
            assert text(await student.say("one")) == "one"
            assert text(await student.say("two")) == "two"
        posted = [options_of(body) for path, body in server.posted if path.endswith("responses")]
        assert posted == [set(OPTIONS), set(OPTIONS) - {"text"}, set(OPTIONS) - {"text"}]


def test_what_was_refused_is_tried_again_after_a_while() -> None:
    now = [0.0]
    refusals = RefusedFields(lambda: now[0])
    fields = {"model": "m", "reasoning": {"effort": "max"}, "prompt_cache_key": "a"}
    assert refusals.without(fields) is fields
    assert refusals.note(fields, "reasoning")
    assert refusals.note(fields, "prompt_cache_key")
    assert not refusals.note(fields, "text")
    assert refusals.without(fields) == {"model": "m"}
    # Another effort may be known; a key is one, whatever it is.
    other = {"reasoning": {"effort": "low"}, "prompt_cache_key": "b"}
    assert refusals.without(other) == {"reasoning": {"effort": "low"}}
    now[0] = REMEMBERED_S - 1
    assert refusals.note(fields, "reasoning")  # by one who was on the way; it does not last longer
    now[0] = REMEMBERED_S + 1
    assert refusals.without(fields) is fields


def test_what_is_remembered_is_bounded() -> None:
    refusals = RefusedFields(lambda: 0.0)
    many = [{"max_output_tokens": number} for number in range(MAX_REFUSALS + 5)]
    for fields in many:
        refusals.note(fields, "max_output_tokens")
    assert refusals.without(many[4]) == many[4]
    assert refusals.without(many[5]) == {}
    assert refusals.without(many[-1]) == {}
