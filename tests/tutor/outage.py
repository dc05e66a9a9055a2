"""A database that fails on order, beneath everything that the server does with it."""

import threading
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

if TYPE_CHECKING:
    from collections.abc import Callable

WRITES: Final = ("INSERT", "UPDATE", "DELETE")


class Outage:
    """What fails at present. The test's own thread has a database that never does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Does a statement fail?
        self._fails: Callable[[str], bool] = lambda _: False
        # How many statements have failed.
        self.failed = 0
        # Does the next COMMIT fail, and is it done first?
        self._lost_commit: bool | None = None
        execute, commit = CursorWrapper._execute_with_wrappers, BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

        def executed(cursor: Any, sql: str, *args: Any, **kwargs: Any) -> Any:
            if self._is_servers() and self._fails(sql):
                self.failed += 1
                raise OperationalError("canary-4711")
            return execute(cursor, sql, *args, **kwargs)

        # Has the code of Django's own, by which a COMMIT is known.
        def is_lost() -> bool:
            return self._lost_commit is not None and self._is_servers()

        def lost(connection: Any) -> Any:
            if self._lost_commit:
                commit(connection)
            self._lost_commit = None
            self.failed += 1
            raise OperationalError("server closed the connection unexpectedly")

        def committed(connection: Any) -> Any:
            return lost(connection) if is_lost() else commit(connection)

        monkeypatch.setattr(CursorWrapper, "_execute_with_wrappers", executed)
        monkeypatch.setattr(BaseDatabaseWrapper, "_commit", committed)
        monkeypatch.setattr(
            "tutor.session.storage._COMMITS",
            (committed.__code__, BaseDatabaseWrapper.run_and_clear_commit_hooks.__code__),
        )

    def down(self) -> None:
        """Nothing is read or written any more."""
        self._fails = lambda _: True

    def full(self) -> None:
        """Nothing is written any more."""
        self._fails = lambda sql: sql.lstrip().upper().startswith(WRITES)

    def over(self) -> None:
        """Everything is well again."""
        self._fails = lambda _: False

    def lose_commit(self, *, stored: bool) -> None:
        """The connection is lost in the next COMMIT, before or after it is `stored`."""
        self._lost_commit = stored

    @staticmethod
    def _is_servers() -> bool:
        return threading.current_thread().name.startswith("database")
