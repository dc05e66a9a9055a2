"""A question to the model as the log and OpenTelemetry tell it: see tutor.telemetry."""

import structlog

from tutor.protocol.calls import Payload
from tutor.protocol.events import ModelFailed, ModelFinished, Usage
from tutor.telemetry import Span, plain
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.causes import Cause

log = structlog.get_logger()


def start_span(fields: Payload) -> Span:
    """The span of a request with these fields, which begins now."""
    model = fields["model"]
    attributes: dict[str, str | int] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": model,
    }
    return Span(f"chat {model}", attributes)


def record_end(
    request: int, outcome: parse.Outcome, seconds: float, span: Span
) -> ModelFinished | ModelFailed:
    """The session's event for the end of a question, which is logged, and ends the span."""
    ms = round(seconds * 1000)
    match outcome:
        case parse.ResponseDone(name, items, cut_short, usage, delivered):
            log.info("upstream.answer", response=plain(name), ms=ms, **_counted(usage))
            span.end(attributes=_cost(name, usage))
            return ModelFinished(request, name, items, cut_short, usage, tuple(delivered))
        case parse.ResponseFailed(code, message, may_retry, retry_after_s):
            # What holds for everybody is told once, and loudly: see Server.report.
            told = log.info if outcome.cause is Cause.NOT_SERVED else log.warning
            told("upstream.no_answer", code=plain(code), ms=ms)
            span.end(plain(code))
            return ModelFailed(request, message, may_retry, retry_after_s)


def _counted(usage: Usage) -> dict[str, int | None]:
    return {
        "input": usage.input,
        "cached": usage.cached,
        "output": usage.output,
        "reasoning": usage.reasoning,
        "first_word_ms": usage.first_word_ms,
    }


def _cost(response_id: str, usage: Usage) -> dict[str, str | int]:
    return {
        "gen_ai.response.id": plain(response_id),
        "gen_ai.usage.input_tokens": usage.input,
        "gen_ai.usage.output_tokens": usage.output,
    }
