"""The database as one page uses it: a call that it cannot take now is made again until it can.

1. A database that is down, locked or full is no reason to end a session: the call waits and is made
   again, after BACKOFF_S and longer each time. The page is told once that nothing can be stored,
   and once that it can again; a call that takes longer than SLOW_S is told of like one refused.
2. Nothing is answered before it is stored. A call that fails has stored nothing, so it may be made
   again; only one whose COMMIT failed may have stored all. `call` makes it again nevertheless: for
   reads, and for writes that come to the same when they are made twice. `call_once` raises
   OutcomeUnknown instead: the rows must be asked.
3. After OUTAGE_LIMIT_S the error is raised, and the session ends with the truth.
"""

import asyncio
import contextlib
import random
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from traceback import walk_tb
from typing import Final, ParamSpec, TypeVar

import structlog
from django.db import InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from tutor.database import in_database, is_unavailable
from tutor.protocol import frames

log = structlog.get_logger()

P = ParamSpec("P")
R = TypeVar("R")

# The waits between two attempts: the first and the longest.
BACKOFF_S: Final = (0.2, 2.0)
SLOW_S: Final = 3.0
# So long a call is tried at most.
OUTAGE_LIMIT_S: Final = 60.0

# Where Django commits a transaction, and what it does thereupon.
_COMMITS: Final = (
    BaseDatabaseWrapper._commit.__code__,  # type: ignore[attr-defined]
    BaseDatabaseWrapper.run_and_clear_commit_hooks.__code__,
)

NOT_STORED: Final = (
    "Nothing can be stored at the moment. Keep this page open: "
    "what you wrote is stored as soon as it can be."
)


class OutcomeUnknown(Exception):
    """The database was lost in a COMMIT: either all of the transaction is stored, or nothing."""


class Storage:
    """The database for one page; `show` sends frames to that."""

    def __init__(self, show: Callable[[frames.ToBrowser], Awaitable[None]]) -> None:
        self._show = show
        # How many calls wait for the database to take them.
        self._held_up = 0
        # True if the page was told last that nothing can be stored.
        self._is_told = False
        # Tells the page; held so that it is not collected. None before.
        self._telling: asyncio.Task[None] | None = None

    async def call(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of `call`, which comes to the same if it is made twice.

        Raises OperationalError or InterfaceError if there is none within OUTAGE_LIMIT_S.
        """
        give_up_at = _now() + OUTAGE_LIMIT_S
        while True:
            with contextlib.suppress(OutcomeUnknown):
                return await self._call(give_up_at, partial(call, *args, **kwargs))

    async def call_once(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of `call`, which is not made again once it may have been stored.

        Raises OutcomeUnknown then; else like `call`.
        """
        return await self._call(_now() + OUTAGE_LIMIT_S, partial(call, *args, **kwargs))

    async def _call(self, give_up_at: float, call: Callable[[], R]) -> R:
        delay, longest = BACKOFF_S
        with self._watch() as hold_up:
            while True:
                try:
                    return await _answer(call, give_up_at)
                except (OperationalError, InterfaceError) as error:
                    if not is_unavailable(error):
                        raise
                    if _is_from_commit(error):
                        raise OutcomeUnknown from error
                    if _now() + delay > give_up_at:
                        raise
                    hold_up()
                # Not all sessions at the same moment.
                await asyncio.sleep(delay * random.uniform(0.5, 1))  # noqa: S311  # no secret
                delay = min(2 * delay, longest)

    # The page is told

    @contextlib.contextmanager
    def _watch(self) -> Iterator[Callable[[], None]]:
        """Watch a call. What is yielded counts it as held up, as does the end of SLOW_S."""
        is_held_up = False

        def hold_up() -> None:
            nonlocal is_held_up
            if not is_held_up:
                is_held_up = True
                self._held_up += 1
                self._tell_soon()

        timer = asyncio.get_running_loop().call_later(SLOW_S, hold_up)
        has_answer = True
        try:
            yield hold_up
        except (OperationalError, InterfaceError, OutcomeUnknown, asyncio.CancelledError):
            has_answer = False
            raise
        finally:
            timer.cancel()
            self._held_up -= is_held_up
            if has_answer and self._is_told:
                self._tell_soon()

    def _tell_soon(self) -> None:
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        while self._is_told != (is_held_up := self._held_up > 0):
            self._is_told = is_held_up
            log.info("storage.unavailable" if is_held_up else "storage.available")
            if is_held_up:
                frame = frames.StorageChanged(state="unavailable", message=NOT_STORED)
            else:
                frame = frames.StorageChanged(state="available")
            await self._show(frame)


async def _answer(call: Callable[[], R], give_up_at: float) -> R:
    """The result of `call`. Silence up to then is an OperationalError as well."""
    try:
        async with asyncio.timeout_at(give_up_at):
            return await in_database(call)
    except TimeoutError:
        raise OperationalError("The database does not answer.") from None


def _is_from_commit(error: BaseException) -> bool:
    """True if it was raised in a COMMIT or after it. SQLite knows then that nothing was stored."""
    if isinstance(error.__cause__, sqlite3.Error):
        return False
    return any(frame.f_code in _COMMITS for frame, _ in walk_tb(error.__traceback__))


def _now() -> float:
    return asyncio.get_running_loop().time()
