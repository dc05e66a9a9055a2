"""Files of the database."""

import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from tutor.database import is_unavailable, keep_private


def test_a_sqlite_database_is_its_owner_s(tmp_path: Path) -> None:
    files = [tmp_path / f"tutor.sqlite3{ending}" for ending in ("", "-wal")]
    for file in files:
        file.touch(0o644)
    settings = {"NAME": str(files[0])}
    keep_private(SimpleNamespace(vendor="sqlite", settings_dict=settings))
    assert [oct(file.stat().st_mode & 0o777) for file in files] == ["0o600", "0o600"]


@pytest.mark.parametrize(
    ("cause", "away"),
    [
        (None, True),
        (sqlite3.SQLITE_BUSY, True),
        (sqlite3.SQLITE_FULL, True),
        (sqlite3.SQLITE_IOERR, True),
        (sqlite3.SQLITE_ERROR, False),
    ],
)
def test_a_wrong_statement_is_no_database_that_is_away(cause: int | None, away: bool) -> None:
    error = OperationalError("no such table")
    if cause is not None:
        error.__cause__ = sqlite3.OperationalError()
        error.__cause__.sqlite_errorcode = cause
    assert is_unavailable(error) is away
