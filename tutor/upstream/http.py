"""The same question over HTTP and SSE, for where a WebSocket does not get through."""

from typing import Any

import structlog
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, OpenAIError

from tutor.events import Payload
from tutor.upstream import hear
from tutor.upstream.pieces import Pieces

log = structlog.get_logger()

DATA = "data: "


async def answer(
    client: AsyncOpenAI, fields: Payload, items: list[Payload], pieces: Pieces
) -> hear.Ended | hear.Broke:
    """The API's last word on the whole conversation; the text goes through `pieces`."""
    # As an extra: the SDK would walk through every item to fit it to its own types.
    request: dict[str, Any] = {**fields, "input": items}
    try:
        async with client.responses.with_streaming_response.create(
            stream=True, extra_body=request
        ) as response:
            async for line in response.iter_lines():
                heard = hear.hear(line[len(DATA) :].encode()) if line.startswith(DATA) else None
                match heard:
                    case hear.Spoke(text):
                        await pieces.add(text)
                    case hear.Ended() | hear.Broke():
                        return heard
    except APIStatusError as error:
        return _refused(error)
    except APIConnectionError:
        return hear.Broke("unreachable", hear.UNREACHABLE, may_retry=False)
    except OpenAIError:
        pass
    return hear.Broke("lost", hear.LOST, may_retry=True)


async def compact(client: AsyncOpenAI, fields: Payload, items: list[Payload]) -> hear.Ended | None:
    """What may be sent in place of `items`; None if the API cannot make it shorter."""
    history: Any = items  # the SDK has a type of its own for each; ours are JSON
    try:
        # Raw: the SDK's models would warn of item types that they do not know.
        answer = await client.responses.with_raw_response.compact(
            model=fields["model"], input=history, instructions=fields["instructions"]
        )
    except OpenAIError as error:
        log.warning("upstream.not_compacted", reason=type(error).__name__)
        return None
    compacted = hear.hear_compacted(answer.http_response.content)
    if compacted is None:
        log.warning("upstream.not_compacted", reason="unreadable")
    return compacted


def _refused(error: APIStatusError) -> hear.Broke:
    """The refusal in the words of the socket: there, headers stand inside the error."""
    body = error.body if isinstance(error.body, dict) else {}
    if error.status_code in hear.KEY_REFUSED:
        return hear.Broke("forbidden", hear.NOT_ALLOWED, may_retry=False)
    headers = dict(error.response.headers)
    return hear.broke(body, {"status": error.status_code, "headers": headers})
