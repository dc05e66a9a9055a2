"""Requests and responses of HTTP as facts, and the responses that the service gives. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Self

import h11

NO_HEADERS: Final[Mapping[str, str]] = {}
MAX_BODY_BYTES: Final = 32 * 1024 * 1024
VERSIONS: Final = {b"1.0", b"1.1"}
# What is wrong with a request that gets another status than 400.
REFUSALS: Final = {
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The request's headers are too long.",
    HTTPStatus.NOT_IMPLEMENTED: "Only the transfer coding 'chunked' is supported.",
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED: "Only HTTP/1.1 is supported, and 1.0.",
}


@dataclass(frozen=True)
class HTTPRequest:
    """A whole request. `path` is without the query, names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    version: str = "1.1"

    @classmethod
    def of(cls, head: h11.Request, body: bytes) -> Self:
        """The request that h11 has read."""
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        method, target, version = (
            part.decode("ascii") for part in (head.method, head.target, head.http_version)
        )
        return cls(method, target.partition("?")[0], headers, body, version)

    @property
    def asks_for_websocket(self) -> bool:
        """True for the opening handshake of a WebSocket, good or bad."""
        upgrades = self.headers.get("upgrade", "").lower() == "websocket"
        return upgrades and (self.method, self.version) == ("GET", "1.1")

    @property
    def key(self) -> str:
        """The bearer's key in `Authorization`, or an empty text."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True)
class HTTPResponse:
    """A whole response."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class BadRequest(Exception):
    """A request that cannot be read to its end; the connection ends with `response`."""

    def __init__(self, response: HTTPResponse) -> None:
        super().__init__(response.status)
        self.response = response


def head(status: int, headers: Iterable[tuple[str, str]]) -> h11.Response:
    """The head of a response; h11 adds how the body is framed, where `headers` do not say it."""
    reason = HTTPStatus(status).phrase.encode()
    return h11.Response(status_code=status, headers=list(headers), reason=reason)


def check(head: h11.Request) -> None:
    """Refuse another version, and a body that is too large or that two readers could take
    differently. Raises BadRequest. What else is malformed h11 has refused.
    """
    if head.http_version not in VERSIONS:
        raise BadRequest(malformed(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED))
    headers = dict(head.headers)
    length = headers.get(b"content-length")
    if length is not None and b"transfer-encoding" in headers:
        raise BadRequest(malformed(HTTPStatus.BAD_REQUEST))
    check_size(int(length or 0))


def check_size(body_bytes: int) -> None:
    """Raises BadRequest for a body that is too large."""
    if body_bytes > MAX_BODY_BYTES:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise BadRequest(problem(status, "The body is too large."))


def reply(status: int, document: Any, headers: Mapping[str, str] = NO_HEADERS) -> HTTPResponse:
    """A whole JSON response."""
    body = json.dumps(document).encode()
    whole = {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    return HTTPResponse(status, tuple(whole.items()), body)


def problem(
    status: int, message: str, code: str | None = None, headers: Mapping[str, str] = NO_HEADERS
) -> HTTPResponse:
    """An error in the form the service gives it over HTTP."""
    kind = "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
    error = {"message": message, "type": kind, "param": None, "code": code}
    return reply(status, {"error": error}, headers)


def malformed(status: int) -> HTTPResponse:
    """The refusal of a request that cannot be read, by the status that it deserves."""
    return problem(status, REFUSALS.get(HTTPStatus(status), "This is not an HTTP request."))


def unknown_path(request: HTTPRequest) -> HTTPResponse:
    return problem(HTTPStatus.NOT_FOUND, f"Invalid URL ({request.method} {request.path})")


def no_key() -> HTTPResponse:
    return problem(
        HTTPStatus.UNAUTHORIZED,
        "No API key, or not the right one, in the header 'Authorization: Bearer KEY'.",
        "invalid_api_key",
    )
