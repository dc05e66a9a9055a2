"""Shared by all students of the process: OpenAI's client, and the limit on concurrent questions."""

import functools

import httpx2
from django.conf import settings
from openai import AsyncOpenAI, OpenAIError

from tutor.upstream import http
from tutor.upstream.facts_role import refused_roles
from tutor.upstream.limiter import ConcurrencyLimiter
from tutor.upstream.refused_fields import refused_fields
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.causes import Cause
from tutor.upstream.server import Server


@functools.cache
def openai_client() -> AsyncOpenAI:
    """The process's client: key, address and TLS settings, for HTTP and for sockets.

    Raises OpenAIError where the settings are none of a client: see tutor.E002.
    """
    key, address = settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL
    try:
        return AsyncOpenAI(api_key=key, base_url=address, max_retries=0)
    except (httpx2.InvalidURL, ValueError) as error:
        raise OpenAIError("OPENAI_BASE_URL is no address.") from error


@functools.cache
def limiter() -> ConcurrencyLimiter:
    """The process's limiter: the API's limits hold for all students together."""
    return ConcurrencyLimiter(settings.UPSTREAM_CONCURRENT)


@functools.cache
def server() -> Server:
    """What the process knows of the server behind the client."""
    return Server(lambda: http.probe(openai_client))


def note_outcome(outcome: parse.Outcome) -> None:
    """Have an operator told of what only he can do something about."""
    if isinstance(outcome, parse.ResponseDone):
        server().note_answer()
    elif outcome.cause is Cause.NOT_SERVED:
        server().report(outcome.code)


async def close_client() -> None:
    """Let go of all that is shared; the next socket begins anew."""
    limiter.cache_clear()
    refused_fields.cache_clear()
    refused_roles.cache_clear()
    if server.cache_info().currsize:
        server().close()
        server.cache_clear()
    if openai_client.cache_info().currsize:
        await openai_client().close()
        openai_client.cache_clear()
