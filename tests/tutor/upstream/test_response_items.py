"""The items of a response, from two sources: the real upstream before a scripted server."""

import pytest

from tests.tutor.asking import Connect, text
from tests.tutor.scripted import (
    Frame,
    call,
    completed,
    created,
    delta,
    done,
    message,
    said,
    scripted,
)
from tutor.protocol.events import ModelFailed, ModelFinished

pytestmark = pytest.mark.usefixtures("quick_backoff")


async def test_items_that_were_done_count_where_the_end_has_none(connect: Connect) -> None:
    answer = [event if event["type"] != "response.completed" else completed("r1")
              for event in said("r1", "What did you expect?")]  # fmt: skip
    async with (
        scripted(answer, said("r2", "And now?")) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        assert text(await student.say("one")) == "What did you expect?"
        # What the socket holds is known: only what is new is sent.
        assert text(await student.say("two")) == "And now?"
        assert len(server.asked[-1]["input"]) == 1


async def test_a_call_that_was_done_counts_where_the_end_has_it_unfinished(
    connect: Connect,
) -> None:
    unfinished = call("", arguments="", status="in_progress")
    answer = [created("r1"), done(0, call("print(1)")), completed("r1", unfinished)]
    async with scripted(answer) as server, connect(server.base_url) as student:
        await student.ready()
        finished = await student.say("one")
        assert isinstance(finished, ModelFinished)
        assert finished.items == (call("print(1)"),)


async def test_an_answer_that_is_cut_short_keeps_what_was_done(connect: Connect) -> None:
    end = completed("r1", incomplete_details={"reason": "max_output_tokens"})
    answer = [*said("r1", "What did you")[:-1], {**end, "type": "response.incomplete"}]
    async with scripted(answer) as server, connect(server.base_url) as student:
        await student.ready()
        finished = await student.say("one")
        assert text(finished) == "What did you"
        assert isinstance(finished, ModelFinished)
        assert finished.cut_short == "max_output_tokens"


async def test_an_item_that_nobody_has_whole_makes_the_response_asked_for_again(
    connect: Connect,
) -> None:
    broken = {"type": "function_call", "name": "execute_code"}
    whole = call("print(1)")
    lost = [created("r1"), completed("r1", broken)]
    found = [created("r2"), done(0, whole), completed("r2", broken)]
    async with scripted(lost, found) as server, connect(server.base_url) as student:
        await student.ready()
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.may_retry
        finished = await student.ask()
        assert isinstance(finished, ModelFinished)
        assert finished.items == (whole,)


async def test_over_http_the_items_have_the_same_two_sources(connect: Connect) -> None:
    answer = [created("r1"), delta("What if?"), done(0, message("What if?")), completed("r1")]
    async with scripted(answer) as server:
        server.upgrades = False
        async with connect(server.base_url) as student:
            assert text(await student.say("one")) == "What if?"


async def test_a_call_that_cannot_be_read_costs_no_text(connect: Connect) -> None:
    for call_id in (None, 7):
        answer = [created("r1"), delta("I run it."), completed("r1", call("1", call_id=call_id))]
        async with scripted(answer) as server, connect(server.base_url) as student:
            await student.ready()
            assert text(await student.say("one")) == "I run it."
            assert len(server.asked) == 1


async def test_a_call_whose_id_is_empty_goes_back_as_it_came(connect: Connect) -> None:
    called = [created("r1"), completed("r1", call("print(1)", call_id=""))]
    async with scripted(called) as server, connect(server.base_url) as student:
        await student.ready()
        finished = await student.say("one")
        assert isinstance(finished, ModelFinished)
        assert finished.items == (call("print(1)", call_id=""),)


@pytest.mark.parametrize("over_http", [False, True])
@pytest.mark.parametrize("end", [{}, {"response": None}, {"response": []}, {"response": "r1"}])
async def test_an_end_that_cannot_be_read_costs_nothing_that_was_said_whole(
    connect: Connect, end: Frame, over_http: bool
) -> None:
    said_whole = [created("r1"), delta("What if?"), done(0, message("What if?"))]
    half = [created("r2"), delta("What"), {"type": "response.completed", **end}]
    answers = ([*said_whole, {"type": "response.completed", **end}], half, said("r3", "Well?"))
    async with scripted(*answers) as server:
        server.upgrades = not over_http
        async with connect(server.base_url) as student:
            await student.ready()
            assert text(await student.say("one")) == "What if?"
            failed = await student.say("two")
            assert isinstance(failed, ModelFailed)
            assert failed.may_retry
            assert text(await student.ask()) == "Well?"
