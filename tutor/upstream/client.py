"""Shared by all students of the process: OpenAI's client, and the limit on concurrent questions."""

import functools

from django.conf import settings
from openai import AsyncOpenAI

from tutor.upstream import http
from tutor.upstream.limiter import ConcurrencyLimiter
from tutor.upstream.sansio import parse
from tutor.upstream.sansio.causes import Cause
from tutor.upstream.server import Server


@functools.cache
def openai_client() -> AsyncOpenAI:
    """The process's client: key, address and TLS settings, for HTTP and for sockets."""
    return AsyncOpenAI(
        api_key=settings.OPENAI_API_KEY, base_url=settings.OPENAI_BASE_URL, max_retries=0
    )


@functools.cache
def limiter() -> ConcurrencyLimiter:
    """The process's limiter: the API's limits hold for all students together."""
    return ConcurrencyLimiter(settings.UPSTREAM_CONCURRENT)


@functools.cache
def server() -> Server:
    """What the process knows of the server behind the client."""
    return Server(lambda: http.probe(openai_client()))


def note_outcome(outcome: parse.Outcome) -> None:
    """Have an operator told of what only he can do something about."""
    if isinstance(outcome, parse.ResponseDone):
        server().note_answer()
    elif outcome.cause is Cause.NOT_SERVED:
        server().report(outcome.code)


async def close_client() -> None:
    """Let go of all that is shared; the next socket begins anew."""
    limiter.cache_clear()
    if server.cache_info().currsize:
        server().close()
        server.cache_clear()
    if openai_client.cache_info().currsize:
        await openai_client().close()
        openai_client.cache_clear()
