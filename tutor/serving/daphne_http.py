"""daphne's HTTP, bounded while it is read: daphne itself keeps a body whole before it calls Django.

Also without what it lets any client say of the site's address.
"""

import asyncio
import contextlib
import socket
from typing import Any, Final

from daphne.http_protocol import WebRequest
from twisted.internet.interfaces import ITCPTransport
from twisted.web import http

from tutor.database import in_database
from tutor.identity.visitor import may_upload
from tutor.serving import bounds

REFUSAL: Final = (
    b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Type: text/plain\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(bounds.TOO_LARGE), bounds.TOO_LARGE)
)


class Request(WebRequest):  # type: ignore[misc]  # daphne ships no types
    """A request whose body is refused as soon as it is known to be too large."""

    # Bytes of the body that have come, and those that may.
    _received = 0
    _most = bounds.MAX_BODY_BYTES
    # The question whether the client may upload, held so that it is not collected; None before.
    _asking: asyncio.Task[None] | None = None

    def gotLength(self, length: int | None) -> None:  # noqa: N802  # Twisted's name
        """Called when all headers are there; `length` is None for a chunked body."""
        self._expect(length or 0)
        # Twisted opens a file for a large one.
        super().gotLength(0 if self.channel.has_refused else length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Called for each piece of the body."""
        self._received += len(data)
        self._expect(self._received)
        if not self.channel.has_refused:
            super().handleContentChunk(data)

    def process(self) -> None:
        """Called when the request is complete."""
        # daphne would take the site's own path from any client.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        if not self.channel.has_refused:
            super().process()

    def _expect(self, length: int) -> None:
        """Refuse the request if so many bytes are too many."""
        if length <= self._most or self.channel.has_refused:
            return
        path = self.channel.path
        if self._most > bounds.MAX_BODY_BYTES or length > bounds.most_body_bytes(path):
            self.channel.refuse()
        elif self._asking is None:
            self.channel.pauseProducing()
            self._asking = asyncio.ensure_future(self._ask())

    async def _ask(self) -> None:
        cookies = b"; ".join(self.requestHeaders.getRawHeaders(b"cookie", []))
        allowed = False
        try:
            allowed = await in_database(may_upload, cookies.decode("latin1"))
        finally:
            if allowed:
                self._most = bounds.most_body_bytes(self.channel.path)
                self.channel.resumeProducing()
            else:
                self.channel.refuse()


class Channel(http.HTTPChannel):  # type: ignore[misc]  # Twisted's types are partial
    """One connection: a deadline for each request, whole; Twisted's own is for one byte."""

    requestFactory = Request  # noqa: N815  # Twisted's name
    totalHeadersSize = bounds.MAX_HEADER_BYTES  # noqa: N815  # Twisted's name
    timeOut = bounds.GRACE_S  # noqa: N815  # Twisted's name
    # The kernel's bound holds instead, and leaves those alone who read slowly.
    abortTimeout = None  # noqa: N815  # Twisted's name
    # True once a request was refused: nothing is kept any more of what comes.
    has_refused = False
    # When the request began, by the loop's clock, and the bytes of it and of its headers.
    _began = 0.0
    _bytes = 0

    @property
    def path(self) -> str:
        """The path of the request whose headers are there."""
        path: bytes = self._path.partition(b"?")[0]
        return path.decode("latin1")

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        """Called when a client has connected."""
        if ITCPTransport.providedBy(self.transport) and hasattr(socket, "TCP_USER_TIMEOUT"):
            handle = self.transport.getHandle()
            handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, bounds.UNREAD_S * 1000)
        self._begin()
        super().connectionMade()

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Called for all that comes."""
        self._bytes += len(data)
        if not self.has_refused:
            super().dataReceived(data)
        elif self._bytes > bounds.MAX_SURPLUS_BYTES:
            self.transport.abortConnection()

    def resetTimeout(self) -> None:  # noqa: N802  # Twisted's name
        """Called for all that comes: a byte now and then earns no more time."""

    def timeoutConnection(self) -> None:  # noqa: N802  # Twisted's name
        """Called when the time is over that was known of last."""
        left = bounds.deadline(self._began, self._bytes) - _now()
        if self.has_refused:
            self.transport.abortConnection()
        elif self._waitingForTransport:  # the answer before is still being read
            self.setTimeout(bounds.GRACE_S)
        elif left > 0:
            self.setTimeout(left)
        else:
            self.transport.abortConnection()

    def allContentReceived(self) -> None:  # noqa: N802  # Twisted's name
        """Called when a request is complete."""
        self.factory.waiting.remove(self)
        super().allContentReceived()

    def requestDone(self, request: Any) -> None:  # noqa: N802  # Twisted's name
        """Called when a request is answered."""
        self._savedTimeOut = bounds.GRACE_S
        self._begin()
        super().requestDone(request)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802  # Twisted's name
        """Called when the client is gone."""
        self.factory.waiting.remove(self)
        super().connectionLost(reason)

    def refuse(self) -> None:
        """Say that the request is too large, and close; for a while the rest of it is not read."""
        self.has_refused = True
        self._bytes = 0
        self.transport.write(REFUSAL)
        with contextlib.suppress(AttributeError):  # only TCP can close one half
            self.transport.loseWriteConnection()
        self.setTimeout(bounds.SURPLUS_S)
        self.resumeProducing()

    def _begin(self) -> None:
        self._began, self._bytes = _now(), 0
        self.factory.waiting.add(self, self._give_way)

    def _give_way(self) -> None:
        self.transport.abortConnection()


class Factory(http.HTTPFactory):  # type: ignore[misc]  # Twisted's types are partial
    """Makes the connections; stands where daphne has its own."""

    protocol = Channel

    def __init__(self, server: Any) -> None:
        super().__init__(timeout=bounds.GRACE_S)
        # Requests look for it here.
        self.server = server
        self.waiting = bounds.WaitingConnections()


def _now() -> float:
    return asyncio.get_event_loop().time()
