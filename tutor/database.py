"""Database work from asynchronous code."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError

P = ParamSpec("P")
R = TypeVar("R")

# Threads of their own: Django's one «thread-sensitive» thread would let a slow call hold up all
# students of the process. As many connections as threads, at most.
_threads = ThreadPoolExecutor(settings.DATABASE_THREADS, thread_name_prefix="database")


def is_unavailable(error: BaseException) -> bool:
    """True if the database cannot be reached or cannot store: nothing is wrong with the work."""
    if isinstance(error, BaseExceptionGroup):
        return any(is_unavailable(each) for each in error.exceptions)
    return isinstance(error, (OperationalError, InterfaceError))


async def in_database(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of `call`, which runs in a thread with a database connection of its own."""
    run = database_sync_to_async(call, thread_sensitive=False, executor=_threads)
    result: R = await run(*args, **kwargs)
    return result
