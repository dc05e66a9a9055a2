"""The same question over HTTP and SSE, for where a WebSocket does not get through."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final

import httpx2
import structlog
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, OpenAIError

from tutor.protocol.calls import Payload
from tutor.upstream import facts_role
from tutor.upstream.refused_fields import refused_fields
from tutor.upstream.request import PendingRequest
from tutor.upstream.sansio import parse, sse
from tutor.upstream.sansio.causes import HTTP_SERVER_ERROR, KEY_REFUSED, MAX_TEXT_CHARS, Cause
from tutor.upstream.sansio.link_events import Reach

log = structlog.get_logger()

# What servers say of an endpoint that they do not have.
NOT_THERE: Final = (404, 405, 501)
# Closes a stream of other APIs; gateways that translate one may end a response with nothing else.
END: Final = b"[DONE]"
NO_ENDPOINT: Final = "no_endpoint"
UNREACHABLE: Final = parse.ResponseFailed("unreachable", parse.UNREACHABLE, may_retry=False)
# How long a server has to show that it is there.
PROBE_S: Final = 3.0
# Said by what is before a server: it wants a log-in of its own, or keeps the address from us.
FROM_PROXIES: Final = (407, 451, 511)


async def ask(
    connect: Callable[[], AsyncOpenAI], fields: Payload, request: PendingRequest
) -> parse.Outcome:
    """The API's last word on the whole conversation, which `request` receives."""
    try:
        request.finish(await _last_word(connect(), fields, request))
    except OpenAIError:
        request.finish(UNREACHABLE)  # its address is none
    finally:
        request.abandon()
    return request.outcome.result()


async def probe(connect: Callable[[], AsyncOpenAI]) -> Reach:
    """What HTTP brings, by a request that asks no model. Never raises."""
    try:
        # Raw: the SDK would load, and fill, its classes for a list of models.
        answer = await connect().get(
            "/models", cast_to=httpx2.Response, options={"timeout": PROBE_S, "max_retries": 0}
        )
    except APIStatusError as error:
        if error.status_code in KEY_REFUSED:
            return Reach.KEY_REFUSED
        is_ill = error.status_code >= HTTP_SERVER_ERROR or error.status_code in FROM_PROXIES
        return Reach.NONE if is_ill else Reach.ANSWERS
    except Exception as error:  # noqa: BLE001  # of the transport, or of an address that is none
        log.info("upstream.not_reached", reason=type(error).__name__)
        return Reach.NONE
    return Reach.NONE if _is_page(answer.headers) else Reach.ANSWERS


async def _last_word(
    client: AsyncOpenAI, fields: Payload, request: PendingRequest
) -> parse.Outcome:
    request.fields = facts_role.with_current(refused_fields().without(fields))
    # As an extra: the SDK would walk through every item to fit it to its own types.
    body: dict[str, Any] = {**request.fields, "input": request.items}
    try:
        async with (
            client.responses.with_streaming_response.create(
                stream=True, extra_body=body
            ) as response,
            aclosing(data(response.iter_bytes())) as events,
        ):
            if _is_page(response.headers):
                return parse.ResponseFailed("no_api", parse.UNREACHABLE, may_retry=False)
            async for event in events:
                if event.strip() == END and (end := request.implied_end()):
                    return end
                parsed = parse.parse_event(event, time.time())
                if parsed is not None and not isinstance(parsed, parse.UnknownEvent):
                    await request.receive(parsed)
                if request.outcome.done():
                    return request.outcome.result()
    except APIStatusError as error:
        return _refused(error)
    except APIConnectionError:
        return UNREACHABLE
    except OpenAIError:
        pass
    return parse.ResponseFailed("lost", parse.LOST, may_retry=True)


async def data(stream: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
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


def _is_page(headers: Mapping[str, str]) -> bool:
    """Whether it is a page for people: of a filter, of a log-in before the network, of a site."""
    return headers.get("content-type", "").lower().startswith("text/html")


def _refused(error: APIStatusError) -> parse.ResponseFailed:
    """The refusal in the words of the socket: there, headers stand inside the error."""
    headers = dict(error.response.headers)
    # Some servers tell it in a text instead of an object.
    body = error.body if isinstance(error.body, dict) else str(error.body or "")
    around = {"status": error.status_code, "headers": headers}
    refusal = parse.parse_error(body, around, time.time())
    is_unclear = refusal.cause in (Cause.REFUSED, Cause.UNKNOWN)
    # An item of the dialogue may be what was not found; else it is the endpoint.
    of_item = "item" in str(body)[:MAX_TEXT_CHARS].lower()
    if error.status_code in NOT_THERE and is_unclear and not of_item:
        return parse.ResponseFailed(
            NO_ENDPOINT, parse.NOT_ALLOWED, may_retry=False, cause=Cause.NOT_SERVED
        )
    return refusal
