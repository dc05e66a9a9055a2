"""A whole dialogue before a LiteLLM proxy, whose backend speaks chat completions only."""

from typing import Any

import pytest

from tests.peers import chat
from tests.peers.conftest import MASTER_KEY
from tests.tutor import asking
from tests.tutor.asking import Student, connected, text
from tests.tutor.upstream.check.test_dialogue import check, seen, verdicts
from tutor.protocol.events import ModelFailed, ModelFinished
from tutor.upstream.check.report import ExitCode, Verdict

pytestmark = pytest.mark.gateway


@pytest.fixture(autouse=True)
def through_the_gateway(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OPENAI_API_KEY = MASTER_KEY
    monkeypatch.setitem(asking.FIELDS, "model", "tutor")


async def answer_calls(student: Student, finished: ModelFinished) -> None:
    for item in finished.items:
        if item["type"] == "function_call":
            output = {"call_id": item["call_id"], "output": '{"stdout": "42\\n"}'}
            student.items.append({"type": "function_call_output", **output})


async def test_a_dialogue_with_calls_goes_over_one_socket(
    settings: Any, gateway: tuple[str, int], backend: chat.Backend
) -> None:
    backend.answers += [
        chat.say("What do you think it prints?"),
        chat.call("print(6 * 7)", "print(43)"),
        chat.say("It printed 42. Why?"),
        chat.say("Right."),
    ]
    async with connected(settings, gateway[0]) as student:
        await student.ready()
        assert text(await student.say("Why?")) == "What do you think it prints?"
        called = await student.say("41?")
        assert isinstance(called, ModelFinished)
        calls = [item for item in called.items if item["type"] == "function_call"]
        assert [each["call_id"] for each in calls] == ["call_0", "call_1"]
        assert calls[0]["arguments"] == '{"code": "print(6 * 7)", "stdin": ""}'
        await answer_calls(student, called)
        assert text(await student.ask()) == "It printed 42. Why?"
        assert text(await student.say("Because of 6 * 7.")) == "Right."
        assert called.usage.output == 5
    roles = [message["role"] for message in backend.asked[-1]["messages"]]
    assert roles == [
        "system", "user", "assistant", "user", "assistant", "tool", "tool", "assistant", "user",
    ]  # fmt: skip


async def test_a_backend_that_refuses_is_told_as_a_failure_and_the_dialogue_goes_on(
    settings: Any, gateway: tuple[str, int], backend: chat.Backend
) -> None:
    async with connected(settings, gateway[0]) as student:
        await student.ready()
        backend.answers += [(400, {"error": {"message": "no", "type": "bad", "code": "bad"}})] * 4
        assert isinstance(await student.say("one"), ModelFailed)
        backend.answers.clear()
        backend.answers.append(chat.say("Well?"))
        assert text(await student.ask()) == "Well?"


async def test_the_check_says_what_it_can(gateway: tuple[str, int], backend: chat.Backend) -> None:
    backend.answers += [
        chat.say("marigold"),
        chat.say("It was marigold."),
        chat.call("print(6 * 7)"),
        chat.say("42"),
        chat.call("print(1)", "print(2)"),
        chat.say("Hello, saffron."),
    ]
    report = await check(gateway[0], within_s=20.0, key=MASTER_KEY, model="tutor")
    found = verdicts(report)
    assert report.exit_code is ExitCode.OK, list(report.lines())
    assert {found[n] for n in ("WebSocket", "warm-up", "tool call", "parallel calls", "HTTP")} == {
        Verdict.YES
    }
    assert "only what is new" in seen(report, "second turn")
    assert found["compaction"] is Verdict.NO


async def test_a_model_that_the_gateway_does_not_know_is_named(
    gateway: tuple[str, int], backend: chat.Backend
) -> None:
    report = await check(gateway[0], within_s=20.0, key=MASTER_KEY, model="unknown")
    assert report.exit_code is ExitCode.MISCONFIGURED
    assert "unknown" in seen(report, "answer")
