"""Shared by all students of the process: OpenAI's client, and the limit on concurrent questions."""

import functools

from django.conf import settings
from openai import AsyncOpenAI

from tutor.upstream.limiter import ConcurrencyLimiter
from tutor.upstream.refused_fields import refused_fields


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


async def close_client() -> None:
    """Let go of client and limiter; the next socket makes new ones."""
    limiter.cache_clear()
    refused_fields.cache_clear()
    if openai_client.cache_info().currsize:
        await openai_client().close()
        openai_client.cache_clear()
