"""A model that says nothing for long: before its answer, in the middle of it, in any phase."""

import asyncio

import pytest

from tests.tutor.asking import Connect, Student
from tests.tutor.scripted import Frame, completed, created, delta, done, message, scripted
from tutor.method import prompts
from tutor.protocol.events import ModelFailed, ModelFinished, ModelSlow, ModelSpoke
from tutor.upstream import upstream
from tutor.upstream.sansio import parse

pytestmark = pytest.mark.usefixtures("quick_backoff", "short_patience")

THINKING: Frame = {"type": "response.reasoning_text.delta", "delta": "…"}
THOUGHT: Frame = {"type": "reasoning", "id": "rs_1", "summary": []}


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "SLOW_S", 0.1)
    monkeypatch.setattr(upstream, "ANSWER_TIMEOUT_S", 0.6)


async def heard(student: Student) -> list[str]:
    """What a student is told of a question until it ends, each kind of event once in a row."""
    student.items.append(prompts.student_message("Why?"))
    asking = asyncio.create_task(student.upstream.ask(1))
    told: list[str] = []
    while not told or told[-1] not in ("ModelFailed", "ModelFinished"):
        event = await student.next(ModelSpoke, ModelSlow, ModelFailed, ModelFinished)
        if not (told and isinstance(event, ModelSpoke) and told[-1] == "ModelSpoke"):
            told.append(type(event).__name__)
        if isinstance(event, ModelFailed):
            assert (event.message, event.may_retry) == (parse.SILENT, False)
    await asking
    return told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([], ["ModelSlow", "ModelFailed"]),
        ([created("r1")], ["ModelSlow", "ModelFailed"]),
        ([created("r1"), THINKING], ["ModelSlow", "ModelFailed"]),
        ([created("r1"), done(0, THOUGHT)], ["ModelSlow", "ModelFailed"]),
        ([created("r1"), delta("What do you thi")], ["ModelSpoke", "ModelSlow", "ModelFailed"]),
        (
            [created("r1"), delta("Well?"), done(0, message("Well?"))],
            ["ModelSpoke", "ModelSlow", "ModelFailed"],
        ),
    ],
)
async def test_a_stall_is_told_in_every_phase_and_ends_at_the_deadline(
    connect: Connect, said: list[Frame], told: list[str]
) -> None:
    async with scripted(said) as server, connect(server.base_url) as student:
        await student.ready()
        assert await heard(student) == told


@pytest.mark.parametrize("over_http", [False, True])
async def test_each_of_several_stalls_is_told_once(
    connect: Connect, over_http: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "ANSWER_TIMEOUT_S", 10)
    parts: list[Frame] = [created("r1"), delta("What "), delta("do "), delta("you think?")]
    whole = completed("r1", message("What do you think?"))
    async with scripted([]) as server:
        server.pauses_s = 0.25
        server.answers.clear()
        server.answers.append([*parts, whole])
        server.upgrades = not over_http
        async with connect(server.base_url) as student:
            await student.ready()
            told = await heard(student)
    assert told == ["ModelSlow", *["ModelSpoke", "ModelSlow"] * 3, "ModelFinished"]


async def test_a_model_that_speaks_is_never_called_slow(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "SLOW_S", 0.4)
    monkeypatch.setattr(upstream, "ANSWER_TIMEOUT_S", 10)
    words = [delta("word ") for _ in range(12)]
    async with scripted([created("r1"), *words, completed("r1", message("word " * 12))]) as server:
        server.pauses_s = 0.05
        async with connect(server.base_url) as student:
            await student.ready()
            assert await heard(student) == ["ModelSpoke", "ModelFinished"]
