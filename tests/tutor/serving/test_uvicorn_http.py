"""The bound on a body before the application, under uvicorn."""

from typing import Any

import pytest

from tutor.serving import bounds, uvicorn_http
from tutor.serving.uvicorn_http import BodyLimit


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten bytes for everybody, twenty for who uploads and has the cookie for it."""
    monkeypatch.setattr(bounds, "MAX_BODY_BYTES", 10)
    monkeypatch.setattr(bounds, "MAX_UPLOAD_BYTES", 20)
    monkeypatch.setattr(uvicorn_http, "may_upload", lambda cookies: cookies == "teacher")


async def sent(
    *pieces: bytes, path: str = "/login/", cookie: bytes = b"", length: bytes | None = None
) -> tuple[list[int], bytes, int]:
    """The statuses answered, what the application has read, and how much was taken from the line.

    Like Django the application reads everything, and answers nobody who is gone.
    """
    left, read, statuses = list(pieces), bytearray(), list[int]()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            read.extend(message["body"])
            if not message["more_body"]:
                await send({"type": "http.response.start", "status": 200})
                return

    async def receive() -> Any:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(b"cookie", cookie)] + ([(b"content-length", length)] if length else [])
    scope = {"type": "http", "path": path, "headers": headers}
    await BodyLimit(application)(scope, receive, send)
    return statuses, bytes(read), len(pieces) - len(left)


async def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    assert await sent(b"x" * 11, length=b"11") == ([413], b"", 0)
    assert await sent(b"x" * 10, length=b"10") == ([200], b"x" * 10, 1)


async def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large() -> None:
    assert await sent(b"x" * 6, b"x" * 6, b"x" * 6) == ([413], b"x" * 6, 2)


@pytest.mark.parametrize("length", [None, b"18"])
async def test_an_upload_may_be_larger_but_only_from_who_may_upload(length: bytes | None) -> None:
    pieces, path = [b"x" * 9, b"x" * 9], "/admin/courses/upload/add/"
    assert (await sent(*pieces, path=path, cookie=b"teacher", length=length))[0] == [200]
    assert (await sent(*pieces, path=path, cookie=b"student", length=length))[0] == [413]
    assert (await sent(*pieces, cookie=b"teacher", length=length))[0] == [413]
    assert (await sent(b"x" * 21, path=path, cookie=b"teacher"))[0] == [413]
