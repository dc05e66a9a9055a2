"""Database work from asynchronous code."""

import contextlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.backends.signals import connection_created
from django.dispatch import receiver

P = ParamSpec("P")
R = TypeVar("R")

# Threads of their own: Django's one «thread-sensitive» thread would let a slow call hold up all
# students of the process. As many connections as threads, at most.
_threads = ThreadPoolExecutor(settings.DATABASE_THREADS, thread_name_prefix="database")


def is_unavailable(error: BaseException) -> bool:
    """True if the database cannot be reached or cannot store: nothing is wrong with the work."""
    if isinstance(error, BaseExceptionGroup):
        return any(is_unavailable(each) for each in error.exceptions)
    # What SQLite calls an error without a kind is one of the statement: no table, no column.
    if getattr(error.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        return False
    return isinstance(error, (OperationalError, InterfaceError))


async def in_database(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of `call`, which runs in a thread with a database connection of its own."""
    run = database_sync_to_async(call, thread_sensitive=False, executor=_threads)
    result: R = await run(*args, **kwargs)
    return result


# Of a SQLite database, what others on the machine must not read: also what is not merged yet.
_SQLITE_FILES: Final = ("", "-wal", "-shm")


@receiver(connection_created)
def keep_private(connection: Any, **_: Any) -> None:
    """Called for each new connection: a SQLite database is readable by its owner only."""
    if connection.vendor == "sqlite":
        for ending in _SQLITE_FILES:
            file = Path(f"{connection.settings_dict['NAME']}{ending}")
            with contextlib.suppress(FileNotFoundError, PermissionError):  # or another's
                if file.stat().st_mode & 0o077:
                    file.chmod(0o600)
