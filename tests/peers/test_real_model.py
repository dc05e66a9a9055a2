"""A dialogue with a real language model: small, unscripted, and it talks too much.

What it says is not looked at, only what becomes of it.
"""

import asyncio
from typing import Any

import pytest

from tests.tutor import asking
from tests.tutor.asking import Student, connected, text
from tests.tutor.upstream.check.test_dialogue import check, seen, verdicts
from tutor.protocol.events import ModelFinished, ModelSpoke
from tutor.upstream.check.report import ExitCode, Verdict
from tutor.upstream.sansio.length import LEFT_OUT

pytestmark = pytest.mark.real_model

# For an answer on a machine that is busy with other things.
ANSWER_S = 120.0
CAP_TOKENS = 48
LONG = "Here is a line of my program: total = total + price * amount. " * 40


@pytest.fixture(autouse=True)
def a_model_that_talks_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(asking.FIELDS, "model", "smollm2")
    monkeypatch.setitem(asking.FIELDS, "max_output_tokens", CAP_TOKENS)


async def ask(student: Student, question: str) -> ModelFinished:
    async with asyncio.timeout(ANSWER_S):
        answer = await student.say(question)
    assert isinstance(answer, ModelFinished), answer
    return answer


def spoken(student: Student) -> str:
    """All that has been streamed and not been looked at."""
    said = ""
    while not student.events.empty():
        event = student.events.get_nowait()
        said += event.text if isinstance(event, ModelSpoke) else ""
    return said


async def test_a_dialogue_is_streamed_counted_and_goes_on(settings: Any, llama: str) -> None:
    async with connected(settings, llama) as student:
        student.items.append({"type": "message", "role": "user", "content": "What is a loop?"})
        async with asyncio.timeout(ANSWER_S):
            await student.upstream.ask(1)
        streamed, answer = "", None
        while not isinstance(answer, ModelFinished):
            event = student.events.get_nowait()
            streamed += event.text if isinstance(event, ModelSpoke) else ""
            answer = event if isinstance(event, ModelFinished) else answer
        assert streamed == text(answer) != ""
        assert 0 < answer.usage.output <= CAP_TOKENS
        # Its server calls an answer complete that was cut.
        assert answer.cut_short == (
            "max_output_tokens" if answer.usage.output == CAP_TOKENS else ""
        )
        student.items.extend(answer.items)
        student.requests = 1
        second = await ask(student, "And why?")
        # Everything is told anew each time.
        assert second.usage.input > answer.usage.input + answer.usage.output


async def test_an_answer_that_is_stopped_is_in_nobodys_way(settings: Any, llama: str) -> None:
    asking.FIELDS["max_output_tokens"] = 1000
    async with connected(settings, llama) as student:
        student.items.append({"type": "message", "role": "user", "content": "Tell me a story."})
        asked = asyncio.create_task(student.upstream.ask(1))
        async with asyncio.timeout(ANSWER_S):
            await student.next(ModelSpoke)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        asking.FIELDS["max_output_tokens"] = 8
        student.requests, student.events = 1, student.events
        spoken(student)
        assert text(await ask(student, "Stop. What is two plus two?"))


async def test_calls_and_outputs_are_taken_back(settings: Any, llama: str) -> None:
    async with connected(settings, llama) as student:
        call = {"call_id": "call_0", "name": "execute_code", "arguments": '{"code": "print(42)"}'}
        output = {"call_id": "call_0", "output": '{"stdout": "42\\n"}'}
        student.items += [
            {"type": "message", "role": "user", "content": "Run it."},
            {"type": "function_call", **call},
            {"type": "function_call_output", **output},
        ]
        async with asyncio.timeout(ANSWER_S):
            answer = await student.ask()
        assert text(answer)


async def test_a_dialogue_that_fills_the_window_goes_on_without_its_beginning(
    settings: Any, llama: str
) -> None:
    settings.OPENAI_CONTEXT_TOKENS = 0
    async with connected(settings, llama) as student:
        for _ in range(4):
            assert text(await ask(student, LONG))
        told = [part["text"] for part in student.items[0]["content"]]
        assert told[0] == LEFT_OUT
        assert text(await ask(student, "Are you still there?"))


async def test_the_check_ends_and_says_what_is_lacking(llama: str) -> None:
    report = await check(llama, within_s=ANSWER_S, model="smollm2", max_output_tokens=CAP_TOKENS)
    found = verdicts(report)
    assert found["WebSocket"] is found["compaction"] is Verdict.NO
    assert found["answer"] is found["told anew"] is found["tokens"] is Verdict.YES
    assert "everything told anew" in seen(report, "second turn")
    # It calls no tool by itself.
    assert report.exit_code is ExitCode.INCOMPLETE
    assert report.failed == ["tool call"]
