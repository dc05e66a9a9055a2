"""A request until its outcome, event by event: no socket."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from tests.tutor.scripted import (
    WARM,
    message,
)
from tutor.protocol.events import Usage
from tutor.upstream.delta_buffer import DeltaBuffer
from tutor.upstream.request import LOST, MIXED, PendingRequest
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.responses import Responses


@pytest.mark.parametrize("other", ["another", WARM])
async def test_what_goes_on_behind_the_end_of_another_response_is_waited_for(other: str) -> None:
    responses = Responses()
    responses.mark_ended(WARM)
    answer = answering(responses)
    await answer.receive(parse.ResponseCreated("r1"))
    await answer.receive(parse.ResponseDone(other, (message("not yours"),)))
    assert bool(answer.provisional_end) == (other != WARM)  # that one is only said again
    await answer.receive(parse.TextDelta("What if?"))
    assert answer.provisional_end is None
    await answer.receive(parse.ResponseDone("r1", (message("What if?"),)))
    assert told(answer.outcome.result()) == parse.ResponseDone("r1", (message("What if?"),))


def told(end: parse.Outcome) -> parse.Outcome:
    """The end without what was measured of it."""
    return replace(end, usage=Usage())


def answering(responses: Responses | None = None) -> PendingRequest:
    return PendingRequest([], DeltaBuffer(lambda text: True), responses=responses)


async def test_two_messages_accepted_under_one_name_are_both_told() -> None:
    answer = answering()
    await answer.receive(parse.ResponseCreated("r1"))
    for name in ("message-1", "message-2"):
        answer.add_steer((name, {"name": name}))
        await answer.receive(parse.SteerAccepted("steer"))
    await answer.receive(parse.ResponseDone("r1", (message("Wait."),), parse.STEERED))
    await answer.receive(parse.SteerPending())
    ended = answer.outcome.result()
    assert isinstance(ended, parse.ResponseDone)
    assert list(ended.delivered) == ["message-1", "message-2"]


async def test_of_two_accepted_under_one_name_one_refusal_takes_back_one() -> None:
    answer = answering()
    await answer.receive(parse.ResponseCreated("r1"))
    for name in ("message-1", "message-2"):
        answer.add_steer((name, {"name": name}))
        await answer.receive(parse.SteerAccepted("steer"))
    await answer.receive(parse.SteerFailed("steer", "too_many_pending_steers"))
    await answer.receive(parse.ResponseDone("r1", (message("Wait."),)))
    assert answer.awaits_steering
    await answer.receive(parse.SteerPending())
    ended = answer.outcome.result()
    assert isinstance(ended, parse.ResponseDone)
    assert list(ended.delivered) == ["message-2"]


async def test_while_a_steered_response_waits_its_end_may_come_again_and_text_is_nobodys() -> None:
    spoken: list[str] = []

    def take(text: str) -> bool:
        spoken.append(text)
        return True

    answer = PendingRequest([], DeltaBuffer(take))
    await answer.receive(parse.ResponseCreated("r1"))
    answer.add_steer(("message-1", {}))
    await answer.receive(parse.SteerAccepted("steer"))
    end = parse.ResponseDone("r1", (message("Wait."),), parse.STEERED)
    for event in (end, replaced(end), parse.TextDelta("nobody's"), parse.ResponseCreated("r1")):
        await answer.receive(event)
    assert answer.superseded
    assert told(answer.superseded) == end
    for event in (parse.ResponseCreated("r2"), parse.TextDelta("I see."), replaced(end)):
        await answer.receive(event)
    assert not answer.outcome.done()
    await answer.receive(parse.ResponseDone("r2", (message("I see."),)))
    assert told(answer.outcome.result()) == parse.ResponseDone("r2", (message("I see."),))
    assert spoken == ["I see."]


def replaced(end: parse.ResponseDone) -> parse.ResponseDone:
    return parse.ResponseDone(end.response_id, (message("ANOTHER"),), end.cut_short)


async def test_a_second_beginning_after_text_ends_the_answer() -> None:
    answer = answering()
    for event in (
        parse.ResponseCreated("r1"),
        parse.TextDelta("Half "),
        parse.ResponseCreated("r2"),
        parse.TextDelta("x"),
    ):
        await answer.receive(event)
    assert answer.outcome.result() is MIXED


EVENTS = st.lists(
    st.one_of(
        st.builds(parse.ResponseCreated, st.sampled_from(["r1", "r2"])),
        st.builds(parse.TextDelta, st.just("x")),
        st.builds(parse.ItemDone, st.sampled_from([None, 0, 1]), st.just(message("x"))),
        st.builds(parse.ResponseDone, st.sampled_from(["r1", "r2"]), st.just((message("x"),))),
        st.builds(parse.SteerAccepted, st.sampled_from(["", "s"])),
        st.builds(parse.SteerFailed, st.sampled_from(["", "s"]), st.just("x")),
        st.just(parse.SteerPending()),
        st.just(parse.MALFORMED),
        st.just(None),
    ),
    max_size=12,
)


@given(EVENTS)
@bounds(deadline=None, max_examples=300)
def test_whatever_comes_in_whatever_order_an_answer_takes_it_in(events: list[Any]) -> None:
    """None stands for a message of the student's, with which the response is steered."""

    async def run() -> None:
        answer, sent = answering(), 0
        for event in events:
            if event is None:
                sent += 1
                answer.add_steer((f"message-{sent}", {}))
            else:
                await answer.receive(event)
        answer.finish_unsteered()
        if answer.outcome.done() and isinstance(
            last := answer.outcome.result(), parse.ResponseDone
        ):
            assert all(last.items)
            assert len(last.delivered) <= sent
        answer.finish(parse.MALFORMED)

    asyncio.run(run())


async def test_a_whole_answer_counts_if_the_socket_is_lost_behind_it() -> None:
    answer = PendingRequest([])
    await answer.receive(parse.ResponseCreated("resp_1"))
    answer.add_steer(("message-2", {}))
    whole = parse.ResponseDone("resp_1", ({"type": "message"},))
    await answer.receive(whole)
    assert not answer.outcome.done()
    answer.finish(LOST)
    assert told(answer.outcome.result()) == whole
