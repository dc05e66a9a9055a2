"""What is told of the cost of each response, of those too of which nothing is kept."""

import asyncio
from typing import Any

import pytest

from tests.tutor import asking
from tests.tutor.asking import Connect
from tests.tutor.scripted import (
    WARM,
    Frame,
    completed,
    created,
    delta,
    error,
    message,
    said,
    scripted,
    wait,
)
from tutor.method import prompts
from tutor.protocol.events import (
    ModelCharged,
    ModelFailed,
    ModelFinished,
    ModelSpoke,
    ModelWarmed,
    Usage,
)
from tutor.protocol.events import ResponseKind as Kind
from tutor.upstream.measure import Measure

pytestmark = pytest.mark.usefixtures("quick_backoff")

USAGE = {
    "input_tokens": 900,
    "input_tokens_details": {"cached_tokens": 600},
    "output_tokens": 80,
    "output_tokens_details": {"reasoning_tokens": 30},
}
TOLD = (900, 600, 80, 30)


@pytest.fixture(autouse=True)
def with_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "FIELDS", asking.FIELDS | {"reasoning": {"effort": "low"}})


def answered(name: str, **fields: Any) -> list[Frame]:
    end = completed(name, message("Why?"), usage=USAGE, **fields)
    return [created(name), delta("Why?"), end]


def tokens(usage: Any) -> tuple[int, ...]:
    return usage.input, usage.cached, usage.output, usage.reasoning


async def test_an_answer_tells_tokens_times_and_how_it_was_asked(connect: Connect) -> None:
    asked_otherwise = {"service_tier": "flex", "reasoning": {"effort": "medium"}}
    async with (
        scripted(answered("r1"), answered("r2", **asked_otherwise)) as server,
        connect(server.base_url) as student,
    ):
        warmed = await student.next(ModelWarmed)
        assert (warmed.response_id, warmed.usage.kind) == (WARM, Kind.WARM_UP)
        assert (warmed.usage.effort, warmed.usage.first_word_ms) == ("low", None)
        first, second = [(await student.say("one")).usage, (await student.say("two")).usage]
        assert (first.kind, first.model, first.effort, first.tier, first.over_http) == (
            Kind.ANSWER, "gpt-6-astra", "low", "", False
        )  # fmt: skip
        assert tokens(first) == TOLD
        assert 0 <= first.first_word_ms <= first.total_ms < 10_000
        # In force is what the server says.
        assert (second.effort, second.tier) == ("medium", "flex")


async def test_over_http_it_is_told_too_and_an_answer_cut_short_says_why(connect: Connect) -> None:
    end = completed("r1", message("Why?"), usage=USAGE)
    end["response"]["incomplete_details"] = {"reason": "max_output_tokens"}
    cut = [created("r1"), {**end, "type": "response.incomplete"}]
    async with scripted(cut) as server:
        server.upgrades = False
        async with connect(server.base_url) as student:
            answer = await student.say("one")
            assert isinstance(answer, ModelFinished)
            assert (answer.cut_short, answer.usage.cut_short) == ("max_output_tokens",) * 2
            assert (answer.usage.over_http, answer.usage.first_word_ms) == (True, None)
            assert tokens(answer.usage) == TOLD


async def test_a_response_that_failed_is_told_with_what_it_cost(connect: Connect) -> None:
    told = {"id": "r1", "error": {"code": "server_error", "message": "!"}, "usage": USAGE}
    failed = [created("r1"), delta("Wh"), {"type": "response.failed", "response": told}]
    async with scripted(failed) as server, connect(server.base_url) as student:
        await student.ready()
        student.items.append(prompts.student_message("one"))
        await student.upstream.ask(1)
        events = [await student.next(ModelCharged, ModelFailed) for _ in range(2)]
        [charged] = [event for event in events if isinstance(event, ModelCharged)]
        assert (charged.response_id, charged.usage.kind) == ("r1", Kind.FAILED)
        assert tokens(charged.usage) == TOLD


async def test_a_request_that_is_refused_was_no_response(connect: Connect) -> None:
    async with (
        scripted([error(None, "No.")], [error(None, "No.")]) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        assert isinstance(await student.say("one"), ModelFailed)
        assert student.events.empty()


@pytest.mark.parametrize("upgrades", [True, False])
async def test_an_answer_that_nobody_waits_for_is_told_all_the_same(
    connect: Connect, upgrades: bool
) -> None:
    async with scripted(answered("r1")) as server:
        server.upgrades = upgrades
        async with connect(server.base_url) as student:
            if upgrades:
                await student.ready()
            student.items.append(prompts.student_message("one"))
            asked = asyncio.create_task(student.upstream.ask(1))

            def stop(spoke: ModelSpoke) -> bool:
                asked.cancel()
                return True

            student.upstream._take = stop
            charged = await student.next(ModelCharged)
            assert (charged.response_id, charged.usage.kind) == ("r1", Kind.DROPPED)
            assert charged.usage.first_word_ms is not None
            await asyncio.wait([asked])
            assert asked.cancelled()
            assert not upgrades or tokens(charged.usage) == TOLD


async def test_what_ends_after_nobody_waits_any_more_is_told_then(connect: Connect) -> None:
    may_end = asyncio.Event()
    first, word, end = answered("r1")
    async with (
        scripted([first, word, wait(may_end), end]) as server,
        connect(server.base_url) as student,
    ):
        await student.ready()
        student.items.append(prompts.student_message("one"))
        asked = asyncio.create_task(student.upstream.ask(1))
        await student.next(ModelSpoke)
        asked.cancel()
        await asyncio.wait([asked])
        may_end.set()
        charged = await student.next(ModelCharged)
        assert (charged.response_id, charged.usage.kind) == ("r1", Kind.DROPPED)
        assert tokens(charged.usage) == TOLD


async def test_a_compaction_has_its_price(connect: Connect, settings: Any) -> None:
    compacted = {"type": "compaction", "id": "cmp_1", "encrypted_content": "c2VhbGVk"}
    async with scripted(said("r1", "one")) as server, connect(server.base_url) as student:
        server.compaction = lambda body: (
            200,
            {"id": "r2", "object": "response.compaction", "output": [compacted], "usage": USAGE},
        )
        await student.ready()
        await student.say("one")
        await student.upstream.context.compact()
        charged = await student.next(ModelCharged)
        assert (charged.response_id, charged.usage.kind) == ("r2", Kind.COMPACTION)
        assert (tokens(charged.usage), charged.usage.model) == (TOLD, "gpt-6-astra")
        assert (charged.usage.effort, charged.usage.over_http) == ("", True)


async def test_the_first_word_counts_from_the_request_and_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = iter([10.0, 10.25, 12.0])
    loop = asyncio.get_running_loop()
    with monkeypatch.context() as patched:
        patched.setattr(loop, "time", lambda: next(now))
        measure = Measure()
        measure.note_word()
        measure.note_word()
        usage = measure.usage(Usage(), {}, Kind.ANSWER)
    assert (usage.first_word_ms, usage.total_ms, usage.model) == (250, 2_000, "")
