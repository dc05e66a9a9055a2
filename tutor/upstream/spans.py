"""A question to the model as OpenTelemetry tells it: see tutor.telemetry."""

from tutor.events import Payload, Usage
from tutor.telemetry import Span


def span_of(fields: Payload) -> Span:
    """The span of a request with these fields, which begins now."""
    model = fields["model"]
    attributes: dict[str, str | int] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": model,
    }
    return Span(f"chat {model}", attributes)


def answered(response_id: str, usage: Usage) -> dict[str, str | int]:
    """What the span says of the answer in the end."""
    return {
        "gen_ai.response.id": response_id,
        "gen_ai.usage.input_tokens": usage.input,
        "gen_ai.usage.output_tokens": usage.output,
    }
