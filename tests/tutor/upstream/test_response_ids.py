"""Every question gets its own answer, whatever else is said on its socket: the real upstream
before a server that says what it is told to.
"""

import asyncio
import functools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from tests.tutor.asking import Connect, connected, text
from tests.tutor.scripted import (
    WARM,
    Frame,
    completed,
    created,
    delta,
    done,
    error,
    message,
    said,
    scripted,
)
from tutor.method import prompts
from tutor.protocol.events import ModelFailed, ModelFinished, ModelSpoke, ModelWarmed
from tutor.upstream import connection
from tutor.upstream.sansio import parse

pytestmark = pytest.mark.usefixtures("quick_backoff")


async def test_the_end_of_an_earlier_response_is_not_taken_for_that_of_a_later_one(
    connect: Connect,
) -> None:
    late = completed("r1", message("answer 1"))
    second = [late, *said("r2", "answer 2")[:1], late, *said("r2", "answer 2")[1:], late]
    async with (
        scripted(said("r1", "answer 1"), second, said("r3", "answer 3")) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        for number in (1, 2, 3):
            assert text(await student.say(f"question {number}")) == f"answer {number}"


@pytest.mark.parametrize(
    "foreign",
    [
        completed("r2", message("not yours")),
        completed("another", message("not yours")),
        {"type": "response.failed", "response": {"id": "another", "error": {"code": "x"}}},
        {"type": "response.failed", "response": {"id": "r0", "error": {"code": "x"}}},
        {"type": "error", "status": 400, "error": {"code": "invalid_stream_id"}},
        delta("not yours"),
        created("another"),
    ],
)
async def test_what_is_said_on_another_lane_or_of_another_response_is_dropped(
    connect: Connect, foreign: Frame
) -> None:
    first, *rest = said("r2", "answer 2")
    lane = {**foreign, "stream_id": "main"}
    named = [foreign] if foreign.get("response", {}).get("id") in ("another", "r0") else []
    strange = [] if foreign["type"] == "response.created" else named
    answer = [lane, first, lane, *strange, *rest]
    async with (
        scripted(said("r0", "answer 0"), answer) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        assert text(await student.say("zero")) == "answer 0"
        assert text(await student.say("two")) == "answer 2"


async def test_text_before_the_beginning_is_nobodys_where_beginnings_are_told(
    connect: Connect,
) -> None:
    late = [delta("nobody's "), done(0, message("nobody's")), *said("r1", "What if?")]
    async with scripted(late) as server, connect(server.base_url) as student:
        await student.ready()
        student.items.append(prompts.student_message("one"))
        await student.upstream.ask(1)
        spoken = []
        while isinstance(event := await student.next(ModelSpoke, ModelFinished), ModelSpoke):
            spoken.append(event.text)
        assert "".join(spoken) == "What if?"
        assert event.items == (message("What if?"),)


async def test_a_server_that_tells_no_beginnings_is_heard_all_the_same(connect: Connect) -> None:
    answers = [said(f"r{number}", f"answer {number}")[1:] for number in (1, 2)]
    async with scripted(*answers) as server:
        server.warm_ups.append([completed(WARM)])
        async with connect(server.base_url) as student:
            await student.ready()
            assert text(await student.say("one")) == "answer 1"
            # Not even here does an end that was told before count again.
            server.answers[0] = [completed("r1", message("answer 1")), *answers[1]]
            assert text(await student.say("two")) == "answer 2"


async def test_an_end_without_a_beginning_counts_if_none_follows(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SUCCESSOR_S", 0.05)
    foreign = completed("another", message("not yours"))
    answers = [[foreign, *said("r1", "answer 1")], [completed("r2", message("answer 2"))]]
    async with (
        scripted(*answers, said("r3", "answer 3")) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        for number in (1, 2, 3):
            assert text(await student.say(f"question {number}")) == f"answer {number}"


async def test_a_server_with_one_id_for_all_responses_is_understood(connect: Connect) -> None:
    answers = [said("r", f"answer {number}") for number in (1, 2, 3)]
    async with scripted(*answers) as server:
        server.warm_ups.append([created("r"), completed("r")])
        async with connect(server.base_url) as student:
            await student.ready()
            for number in (1, 2, 3):
                assert text(await student.say(f"question {number}")) == f"answer {number}"


async def test_two_responses_at_a_time_are_not_mixed(connect: Connect) -> None:
    mixed = [created("r1"), delta("Half an "), *said("r2", "What if?")]
    async with (
        scripted(mixed, said("r3", "And now?")) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert failed.may_retry
        # Asked again on another socket, where the rest of it cannot come.
        assert text(await student.ask()) == "And now?"
        assert "previous_response_id" not in server.asked[-1]


@pytest.mark.parametrize(
    "lost",
    [
        [created("r1"), delta("Half"), completed("another", message("not yours"))],
        [created("r1"), created("r2"), delta("Half"), completed("r1", message("not yours"))],
        [created("r1"), {"type": "response.failed", "response": {"id": "x", "error": {}}}],
    ],
)
async def test_where_only_another_response_ends_ours_is_soon_given_up_as_lost(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, lost: list[Frame]
) -> None:
    monkeypatch.setattr(connection, "SUCCESSOR_S", 0.1)
    async with (
        scripted(lost, said("r3", "What if?")) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        failed = await student.say("one")
        assert isinstance(failed, ModelFailed)
        assert (failed.message, failed.may_retry) == (parse.LOST, True)
        # Asked again on another socket, as a whole.
        assert text(await student.ask()) == "What if?"
        assert "previous_response_id" not in server.asked[-1]
        assert len(server.asked) == 2


async def test_an_end_that_comes_before_its_beginning_counts_if_nothing_follows(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SUCCESSOR_S", 0.1)
    swapped = [completed("r1", message("What if?")), created("r1")]
    async with scripted(swapped) as server, connect(server.base_url) as student:
        await student.ready()
        assert text(await student.say("one")) == "What if?"
        assert len(server.asked) == 1


async def test_an_end_without_a_name_is_that_of_the_response_that_has_begun(
    connect: Connect,
) -> None:
    begin, piece, item, end = said("r1", "What if?")
    end["response"]["id"] = None
    async with (
        scripted([begin, piece, item, end], said("r2", "And now?")) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        finished = await student.say("one")
        assert (text(finished), finished.response_id) == ("What if?", "r1")
        assert text(await student.say("two")) == "And now?"
        assert server.asked[1]["previous_response_id"] == "r1"


async def test_a_server_that_names_nothing_is_asked_twice_and_keeps_its_socket(
    connect: Connect,
) -> None:
    """A warm-up without a name is none, and no reason to open socket after socket."""
    nameless = [delta("Hm."), completed("", message("Hm."))]
    async with scripted(nameless, nameless, said("r2", "What if?")) as server:
        server.warm_ups.append([completed("")])
        async with connect(server.base_url) as student:
            await student.ready()
            for ask in (functools.partial(student.say, "one"), student.ask):
                failed = await ask()
                assert isinstance(failed, ModelFailed)
                assert failed.may_retry
            assert text(await student.ask()) == "What if?"
            assert (len(server.asked), len(server.warmed)) == (3, 1)
            assert all("previous_response_id" not in asked for asked in server.asked)


async def test_of_two_beginnings_before_any_word_the_later_one_counts(connect: Connect) -> None:
    twice = [created("r1"), *said("r2", "What if?"), completed("r1", message("not yours"))]
    async with (
        scripted(twice, said("r3", "And now?")) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        assert text(await student.say("one")) == "What if?"
        assert text(await student.say("two")) == "And now?"


# Each noise may come before an answer, in it, and behind it, on the way to the next question.
ENDED = st.sampled_from([WARM, "r1", "r2", "r3"])
NOISE = st.one_of(
    st.builds(lambda name: completed(name, message("LATE")), ENDED),
    st.builds(lambda name: completed(f"x{name}", message("FOREIGN")), ENDED),
    st.builds(
        lambda event: {**event, "stream_id": "main"},
        st.sampled_from(
            [delta("LANE"), created("r1"), completed("r2", message("LANE")), error("x", "LANE")]
        ),
    ),
    st.builds(lambda index: done(index, message("TWICE")), st.just("again")),
    st.just({"type": "response.failed", "response": {"id": "xr", "error": {"code": "x"}}}),
    # A whole response once more.
    st.builds(created, ENDED),
    st.just(delta("LATE")),
)
NOISES = st.lists(NOISE, max_size=2)


@given(noises=st.lists(st.tuples(NOISES, NOISES, NOISES), min_size=3, max_size=3))
@bounds(
    max_examples=50,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_answer_n_is_the_answer_to_question_n(noises: Any, settings: Any) -> None:
    """Late ends, other lanes, other responses, items twice: in any order, between and within."""

    def noisy(number: int, before: list[Frame], within: list[Frame], behind: list[Frame]) -> Any:
        name, answer = f"r{number}", f"answer {number}"
        begin, piece, item, end = said(name, answer)
        # An end is late only once its response has ended.
        ended = [WARM, *(f"r{earlier}" for earlier in range(1, number))]

        def fits(event: Frame) -> bool:
            if "stream_id" in event:
                return True
            if event["type"] in ("response.created", "response.output_text.delta"):
                again = event.get("response", {}).get("id", WARM) in ended
                return event in before and again and number > 1
            response = event.get("response", {}).get("id", "")
            return response in ended or response.startswith("x")

        def fitting(events: list[Frame], *, is_begun: bool = True) -> list[Frame]:
            twice = [item for event in events if event.get("output_index") == "again"]
            return [*(twice if is_begun else []), *filter(fits, events)]

        noise = fitting(within)
        early, late = fitting(before, is_begun=False), fitting(behind)
        return [*early, begin, *noise, piece, item, *noise, end, *late]

    async def dialogue() -> None:
        answers = [noisy(number, *noise) for number, noise in enumerate(noises, start=1)]
        async with scripted(*answers) as server, connected(settings, server.base_url) as student:
            await student.ready()
            for number in (1, 2, 3):
                assert text(await student.say(f"question {number}")) == f"answer {number}"

    asyncio.run(dialogue())


async def test_what_warms_a_socket_up_may_end_without_having_begun(connect: Connect) -> None:
    async with scripted(said("r1", "What if?")) as server:
        server.warm_ups.append([json.loads(json.dumps(completed("w1")))])
        async with connect(server.base_url) as student:
            assert (await student.next(ModelWarmed)).response_id == "w1"
            assert text(await student.say("one")) == "What if?"
            assert server.asked[0]["previous_response_id"] == "w1"
