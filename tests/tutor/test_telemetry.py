"""What an operator sees of a turn in OpenTelemetry, and that nothing needs it."""

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from courses.models import Lesson
from sandbox.job import Result, Status
from tests.tutor.browser import browser, sessions_over
from tests.tutor.classroom import RUN_IT, Upstream, finish_run
from tutor.emulator import Fault, Say

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_runs_by_itself"),
]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


def named(spans: InMemorySpanExporter) -> dict[str, list[ReadableSpan]]:
    found: dict[str, list[ReadableSpan]] = {}
    for span in spans.get_finished_spans():
        found.setdefault(span.name, []).append(span)
    return found


async def test_a_turn_is_a_span_with_its_answers_and_runs_below_it(
    upstream: Upstream, ada: User, lesson: Lesson, spans: InMemorySpanExporter
) -> None:
    async with upstream([RUN_IT], [Say("Why 41?")]), browser(ada, lesson) as page:
        await page.say("SECRET-CANARY", code="print('SECRET-CANARY')")
        await finish_run(Result(Status.OK, 0, stdout="41\n"))
        await page.turn("done")
    await sessions_over()
    found = named(spans)
    [turn] = found["turn"]
    [run] = found["execute_tool execute_code"]
    chats = found["chat gpt-6-astra"]
    assert len(chats) == 2
    for child in (run, *chats):
        assert child.parent
        assert child.parent.span_id == turn.context.span_id
    facts: Any = chats[-1].attributes
    assert facts["gen_ai.usage.output_tokens"] > 0
    assert facts["gen_ai.response.id"].startswith("resp_")
    assert (run.attributes or {})["tutor.run.status"] == "ok"
    assert (turn.attributes or {})["tutor.turn.state"] == "done"
    assert "CANARY" not in json.dumps([span.to_json() for span in spans.get_finished_spans()])


@pytest.mark.parametrize("call_id", ["x" * 4_600, "def mine(): …"])
async def test_a_call_id_that_may_be_anything_is_not_told(
    upstream: Upstream, ada: User, lesson: Lesson, spans: InMemorySpanExporter, call_id: str
) -> None:
    call = replace(RUN_IT, call_id=call_id)
    async with upstream([call], [Say("Why 41?")]), browser(ada, lesson) as page:
        await page.say("Why?")
        await finish_run(Result(Status.OK, 0))
        await page.turn("done")
    [run] = named(spans)["execute_tool execute_code"]
    assert (run.attributes or {})["gen_ai.tool.call.id"] == "other"


async def test_a_failure_is_told_by_its_code(
    upstream: Upstream, ada: User, lesson: Lesson, spans: InMemorySpanExporter
) -> None:
    async with upstream([Say("?")]) as server, browser(ada, lesson) as page:
        await page.ready()  # or the warm-up meets the fault
        server.faults.add(Fault("failed", code="invalid_prompt"))
        await page.say("Why?")
        await page.turn("failed")
    [chat] = named(spans)["chat gpt-6-astra"]
    assert (chat.attributes or {})["error.type"] == "invalid_prompt"
    assert chat.status.status_code is trace.StatusCode.ERROR


def test_without_the_package_nothing_is_missed() -> None:
    code = """
import sys
sys.modules["opentelemetry"] = None
from tutor.telemetry import Span
Span("turn", {"a": 1}).enter().end("failed", {"b": 2})
print("fine")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("fine\n", "")
