"""The same question over HTTP and SSE, for where a WebSocket does not get through."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, Final

import structlog
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, OpenAIError

from tutor.protocol.events import Payload
from tutor.upstream.refused_fields import refused_fields
from tutor.upstream.request import PendingRequest
from tutor.upstream.sansio import parse, sse
from tutor.upstream.sansio.causes import KEY_REFUSED

log = structlog.get_logger()

# What servers say of an endpoint that they do not have.
NOT_THERE: Final = (404, 405, 501)
NO_ENDPOINT: Final = "no_endpoint"


async def ask(client: AsyncOpenAI, fields: Payload, request: PendingRequest) -> parse.Outcome:
    """The API's last word on the whole conversation, which `request` receives."""
    try:
        request.finish(await _last_word(client, fields, request))
    finally:
        request.abandon()
    return request.outcome.result()


async def _last_word(
    client: AsyncOpenAI, fields: Payload, request: PendingRequest
) -> parse.Outcome:
    request.fields = refused_fields().without(fields)
    # As an extra: the SDK would walk through every item to fit it to its own types.
    body: dict[str, Any] = {**request.fields, "input": request.items}
    try:
        async with (
            client.responses.with_streaming_response.create(
                stream=True, extra_body=body
            ) as response,
            aclosing(_data(response.iter_bytes())) as events,
        ):
            async for event in events:
                parsed = parse.parse_event(event)
                if parsed is not None and not isinstance(parsed, parse.UnknownEvent):
                    await request.receive(parsed)
                if request.outcome.done():
                    return request.outcome.result()
    except APIStatusError as error:
        return _refused(error)
    except APIConnectionError:
        return parse.ResponseFailed("unreachable", parse.UNREACHABLE, may_retry=False)
    except OpenAIError:
        pass
    return parse.ResponseFailed("lost", parse.LOST, may_retry=True)


async def _data(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The data of the events in `stream`, until it ends or breaks off."""
    events = sse.EventDecoder()
    try:
        async for chunk in stream:
            for event in events.feed(chunk):
                yield event
    except Exception as error:  # noqa: BLE001  # of the transport, whichever the SDK uses
        log.warning("upstream.http_lost", reason=type(error).__name__)
        return
    for event in events.end():
        yield event


async def compact(client: AsyncOpenAI, fields: Payload, items: list[Payload]) -> parse.Outcome:
    """What may be sent in place of `items`; a ResponseFailed if the API does not say.

    Its code is NO_ENDPOINT if the server has no such endpoint at all.
    """
    history: Any = items  # the SDK has a type of its own for each; ours are JSON
    try:
        # Raw: the SDK's models would warn of item types that they do not know.
        answer = await client.responses.with_raw_response.compact(
            model=fields["model"], input=history, instructions=fields["instructions"]
        )
    except APIStatusError as error:
        log.warning("upstream.not_compacted", status=error.status_code)
        missing = error.status_code in NOT_THERE
        return (
            parse.ResponseFailed(NO_ENDPOINT, "", may_retry=False) if missing else _refused(error)
        )
    except OpenAIError as error:
        log.warning("upstream.not_compacted", reason=type(error).__name__)
        return parse.MALFORMED
    compacted = parse.parse_compaction(answer.http_response.content)
    if compacted is None:
        log.warning("upstream.not_compacted", reason="unreadable")
    return compacted or parse.MALFORMED


def _refused(error: APIStatusError) -> parse.ResponseFailed:
    """The refusal in the words of the socket: there, headers stand inside the error."""
    if error.status_code in KEY_REFUSED:
        return parse.ResponseFailed("forbidden", parse.NOT_ALLOWED, may_retry=False)
    headers = dict(error.response.headers)
    # Some servers tell it in a text instead of an object.
    body = error.body if isinstance(error.body, dict) else str(error.body or "")
    return parse.parse_error(body, {"status": error.status_code, "headers": headers})
