"""What the tests of both servers need."""

from collections.abc import Callable

import pytest


@pytest.fixture(autouse=True)
def no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may upload is asked here: a thread of the database's may have a connection, which these
    tests may not use."""

    async def called_here(function: Callable[[str], bool], cookies: str) -> bool:
        return function(cookies)

    for server in ("daphne_http", "uvicorn_http"):
        monkeypatch.setattr(f"tutor.serving.{server}.in_database", called_here)
