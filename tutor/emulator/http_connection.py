"""HTTP on the emulator's one port, by h11, until a request opens a WebSocket: then by `websockets`.

1. Requests are read one at a time and answered in their order; those that a client sends ahead
   wait, and with more than MAX_UNREAD_BYTES of them nothing more is read.
2. The opening handshake of a WebSocket is handed over as h11 has understood it, never as it came.
3. A client that leaves ends the answer it would have got.
4. A malformed request gets its status, and the connection ends: where the next one would begin
   nobody knows.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final, Protocol

import h11
from websockets.asyncio.server import ServerConnection

from tutor.emulator import http
from tutor.emulator.http import BadRequest, HTTPRequest, HTTPResponse

# Of a request's first line and headers, and of the lines that frame its chunks.
MAX_HEAD_BYTES: Final = 64 * 1024
# h11 looks at its limit when it has used up what it was given: so much at a time.
READ_BYTES: Final = 64 * 1024
MAX_UNREAD_BYTES: Final = 256 * 1024
# How long the first request of a connection may take to arrive whole.
OPEN_TIMEOUT_S: Final = 5
# The same for every later one, with the silence before it.
KEEP_ALIVE_S: Final = 60
# How long a client whose request was not read to its end may go on sending. Closing at once would
# reset the connection, and throw away the answer before it is read.
LINGER_S: Final = 1

STREAM_HEADERS: Final = (
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-store"),
)

# Takes the bytes that come in.
Consumer = Callable[[bytes], None]


class Routes(Protocol):
    """The answers to requests."""

    def get(self, request: HTTPRequest) -> HTTPResponse | None:
        """The answer to a GET; None lets it open a WebSocket."""

    async def answer(self, request: HTTPRequest, connection: "HTTPConnection") -> None:
        """Write the answer to any other request; cancelled if the client leaves."""


class HTTPConnection(ServerConnection):
    """A connection that speaks HTTP first; its `handshake` lasts as long as it does."""

    # Set by the emulator on a subclass of its own.
    routes: Routes

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD_BYTES)
        # Where incoming bytes go: to `_unread`, then to websockets, or nowhere.
        self._consume: Consumer = self._store
        # Bytes that h11 was not given yet.
        self._unread = bytearray()
        # Set when there are new ones, and when there will be none.
        self._changed = asyncio.Event()
        # False in the answer to HEAD.
        self._has_body = True

    # From the network

    def data_received(self, data: bytes) -> None:
        self._consume(data)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._changed.set()

    def _store(self, data: bytes) -> None:
        self._unread += data
        self._changed.set()
        if len(self._unread) > MAX_UNREAD_BYTES:
            self.transport.pause_reading()

    async def handshake(self, *args: Any, **options: Any) -> None:
        """Answer requests until one opens a WebSocket, or the connection is over.

        Raises TimeoutError for a client that says nothing, or too slowly.
        """
        timeout_s = OPEN_TIMEOUT_S
        try:
            while True:
                async with asyncio.timeout(timeout_s):
                    head, body = await self._read()
                request = HTTPRequest.of(head, body)
                if request.method != "GET":
                    await self._answer(request)
                elif response := type(self).routes.get(request):
                    self.write(response)
                else:
                    self._hand_over(head)
                    async with asyncio.timeout(OPEN_TIMEOUT_S):
                        await super().handshake(*args, **options)
                    return
                if not self._begin_next():
                    break
                timeout_s = KEEP_ALIVE_S
        except BadRequest as error:
            self.write(error.response)
        except ConnectionError:
            pass
        await self._end()

    # Requests

    async def _read(self) -> tuple[h11.Request, bytes]:
        """The next request. Raises BadRequest, and ConnectionError if the client leaves."""
        try:
            head = await self._event()
            assert isinstance(head, h11.Request)
            self._has_body = head.method != b"HEAD"
            http.check(head)
            body = bytearray()
            while isinstance(part := await self._event(), h11.Data):
                body += part.data
                http.check_size(len(body))
        except h11.RemoteProtocolError as error:
            raise BadRequest(http.malformed(error.error_status_hint)) from None
        return head, bytes(body)

    async def _event(self) -> object:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
                self._send(go_on)
            self._http.receive_data(await self._receive())
        return event

    async def _receive(self) -> bytes:
        while not self._unread:
            if self.transport.is_closing():
                raise ConnectionResetError
            self._changed.clear()
            await self._changed.wait()
        data = bytes(self._unread[:READ_BYTES])
        del self._unread[:READ_BYTES]
        if len(self._unread) <= MAX_UNREAD_BYTES:
            self.transport.resume_reading()
        return data

    def _hand_over(self, head: h11.Request) -> None:
        """From here on the connection is websockets', which reads the request's head anew."""
        lines = [b"%b: %b" % header for header in head.headers.raw_items()]
        first = b"GET %b HTTP/1.1" % head.target
        early = self._http.trailing_data[0] + self._unread
        self._unread.clear()
        self._consume = super().data_received
        self.transport.resume_reading()
        self._consume(b"\r\n".join([first, *lines, b"", early]))

    async def _answer(self, request: HTTPRequest) -> None:
        """Answer for as long as somebody listens."""
        answering = asyncio.ensure_future(type(self).routes.answer(request, self))
        await asyncio.wait(
            [answering, self.connection_lost_waiter], return_when=asyncio.FIRST_COMPLETED
        )
        if not answering.done():
            answering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await answering

    def _begin_next(self) -> bool:
        """True where another request may follow, which h11 is then ready for."""
        is_over = self._http.our_state is self._http.their_state is h11.DONE
        if not is_over or self.transport.is_closing():
            return False
        self._http.start_next_cycle()
        return True

    async def _end(self) -> None:
        self._consume = _discard
        self.transport.resume_reading()
        if not self._is_read:
            self.transport.write_eof()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LINGER_S):
                    await asyncio.shield(self.connection_lost_waiter)
        self.transport.close()
        await asyncio.shield(self.connection_lost_waiter)

    # Answers

    @property
    def _is_read(self) -> bool:
        """False where the request was refused before its end."""
        return self._http.their_state not in {h11.SEND_BODY, h11.ERROR}

    def write(self, response: HTTPResponse) -> None:
        """A whole response."""
        closing = () if self._is_read else (("Connection", "close"),)
        self._send(http.head(response.status, (*response.headers, *closing)))
        if self._has_body:
            self._send(h11.Data(data=response.body))
        self._send(h11.EndOfMessage())

    def begin_stream(self) -> None:
        """The head of a stream of server-sent events."""
        self._send(http.head(200, STREAM_HEADERS))

    async def write_chunk(self, data: bytes) -> None:
        """One piece of a stream; returns when the client has room for another."""
        self._send(h11.Data(data=data))
        await self.drain()

    def end_stream(self) -> None:
        """The stream is whole."""
        self._send(h11.EndOfMessage())

    def _send(self, event: h11.Event) -> None:
        self.transport.write(self._http.send(event) or b"")


def _discard(_data: bytes) -> None:
    pass
