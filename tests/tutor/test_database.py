"""Files of the database."""

from pathlib import Path
from types import SimpleNamespace

from tutor.database import keep_private


def test_a_sqlite_database_is_its_owner_s(tmp_path: Path) -> None:
    files = [tmp_path / f"tutor.sqlite3{ending}" for ending in ("", "-wal")]
    for file in files:
        file.touch(0o644)
    settings = {"NAME": str(files[0])}
    keep_private(SimpleNamespace(vendor="sqlite", settings_dict=settings))
    assert [oct(file.stat().st_mode & 0o777) for file in files] == ["0o600", "0o600"]
