"""HTTP on both sides of the gate, read and written by h11: the client, and one exchange with the
engine. Every wait has a bound."""

import json
import select
import socket
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import h11

from .calls import Refused, Request

# Of a head; h11 looks when it has a chunk more.
MOST_HEAD_BYTES = 16 * 1024
CHUNK_BYTES = 16 * 1024
MOST_BODY_BYTES = 64 * 1024
# Of the engine: a list of all containers, or one inspected.
MOST_ANSWER_BYTES = 16 * 1024 * 1024
# Seconds in which a request has arrived whole, however its bytes are spread.
REQUEST_S = 10.0
# Seconds in which the engine answers; a busy one may take long to start a container.
ANSWER_S = 60.0
# Seconds for what is sent; whoever takes nothing for so long is cut off.
SEND_S = 10.0
# Seconds in which a client that was answered goes. Closing on what it still sends would throw away
# the answer.
LINGER_S = 1.0

JSON = ("Content-Type", "application/json")


class EngineFailed(Exception):
    """The engine is not there, is too slow, or does not speak as it should."""


class Client:
    """Who asks: one request, one answer, one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD_BYTES)
        # Whether it asks for a head alone.
        self._is_head = False

    def read(self) -> Request | None:
        """The request; None if the client leaves without a word. Raises Refused, OSError."""
        deadline = time.monotonic() + REQUEST_S
        try:
            head = self._event(deadline)
            if not isinstance(head, h11.Request):
                return None
            self._is_head = head.method == b"HEAD"
            _check(head)
            body = bytearray()
            while isinstance(part := self._event(deadline), h11.Data):
                body += part.data
                if len(body) > MOST_BODY_BYTES:
                    raise Refused("a body that is too large")
        except TimeoutError:
            raise Refused("a request that takes too long") from None
        except h11.RemoteProtocolError:
            raise Refused("no plain HTTP") from None
        if not isinstance(part, h11.EndOfMessage) or self._http.trailing_data[0]:
            raise Refused("more than one request")
        # No other header counts for anything.
        upgrades = (b"upgrade", b"tcp") in list(head.headers)
        return Request(head.method.decode(), head.target.decode(), bytes(body), upgrades=upgrades)

    def _event(self, deadline: float) -> h11.Event | None:
        """None where another request would begin."""
        while not isinstance(event := self._http.next_event(), h11.Event):
            if event is h11.PAUSED:
                return None
            self._http.receive_data(_received(self.sock, deadline))
        return event

    def answer(self, status: int, body: bytes = b"") -> None:
        """Say it, and wait until it is heard. Raises OSError."""
        bodiless = status in (204, 304) or self._is_head
        about = [] if bodiless else [JSON, ("Content-Length", str(len(body)))]
        self._send(h11.Response(status_code=status, headers=[*about, ("Connection", "close")]))
        if body and not bodiless:
            self._send(h11.Data(data=body))
        self._send(h11.EndOfMessage())
        self._linger()

    def refuse(self, status: int, why: str) -> None:
        """The same for a failure; nothing where another answer has begun. Raises OSError."""
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.answer(status, json.dumps({"message": why}).encode())

    def stream(self, pieces: Iterator[bytes]) -> None:
        """An answer as it comes. Raises OSError."""
        chunked = ("Transfer-Encoding", "chunked")
        self._send(h11.Response(status_code=200, headers=[JSON, chunked, ("Connection", "close")]))
        for piece in pieces:
            self._send(h11.Data(data=piece))
        self._send(h11.EndOfMessage())
        self._linger()

    def upgrade(self) -> None:
        """From here on the connection is a stream. Raises OSError."""
        raw = ("Content-Type", "application/vnd.docker.raw-stream")
        headers = [raw, ("Connection", "Upgrade"), ("Upgrade", "tcp")]
        switch = h11.InformationalResponse(status_code=101, reason=b"UPGRADED", headers=headers)
        self._send(switch)

    def _send(self, event: h11.Event) -> None:
        self.sock.settimeout(SEND_S)
        self.sock.sendall(self._http.send(event) or b"")

    def _linger(self) -> None:
        deadline = time.monotonic() + LINGER_S
        self.sock.shutdown(socket.SHUT_WR)
        while _received(self.sock, deadline):
            pass


def _check(head: h11.Request) -> None:
    """Raises Refused for what two readers of HTTP have ever taken differently."""
    if head.http_version != b"1.1":
        raise Refused("another version of HTTP")
    names = {name for name, _ in head.headers}
    if unusual := names & {b"transfer-encoding", b"expect", b"trailer"}:
        raise Refused(f"a request with {min(unusual).decode()}")


class Exchange:
    """One request to the engine, and what comes back."""

    def __init__(self, engine: str, request: Request) -> None:
        try:
            self.sock = socket.socket(socket.AF_UNIX)
        except OSError:  # too many files; the client is there all the same
            raise EngineFailed("no engine can be asked") from None
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEAD_BYTES)
        self._deadline = time.monotonic() + ANSWER_S
        try:
            self.sock.settimeout(SEND_S)
            self.sock.connect(engine)
            self.sock.sendall(self._written(request))
        except OSError:
            self.sock.close()
            raise EngineFailed("no engine is there") from None

    def _written(self, request: Request) -> bytes:
        headers = [("Host", "engine"), JSON, ("Content-Length", str(len(request.body)))]
        if request.upgrades:
            headers += [("Connection", "Upgrade"), ("Upgrade", "tcp")]
        else:
            headers.append(("Connection", "close"))
        events: list[h11.Event] = [
            h11.Request(method=request.method, target=request.target, headers=headers)
        ]
        events += [h11.Data(data=request.body)] if request.body else []
        return b"".join(self._http.send(event) or b"" for event in [*events, h11.EndOfMessage()])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.sock.close()

    def status(self) -> int:
        """Of the answer. Raises EngineFailed."""
        while True:
            event = self._event()
            if isinstance(event, h11.Response):
                return event.status_code
            if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                return event.status_code
            if not isinstance(event, h11.InformationalResponse):
                raise EngineFailed("the engine does not answer")

    def body(self) -> bytes:
        """The rest of the answer. Raises EngineFailed."""
        body = bytearray()
        while isinstance(event := self._event(), h11.Data):
            body += event.data
            if len(body) > MOST_ANSWER_BYTES:
                raise EngineFailed("the engine's answer is too large")
        return bytes(body)

    def pieces(self, client: socket.socket) -> Iterator[bytes]:
        """The same as it comes, for as long as it may take and `client` is there and says
        nothing. Raises EngineFailed."""
        poll = select.poll()
        poll.register(client, select.POLLIN)
        poll.register(self.sock, select.POLLIN)
        while True:
            event = self._next()
            if event is h11.NEED_DATA:
                if client.fileno() in dict(poll.poll()):
                    return
                self._deadline = time.monotonic() + SEND_S
                self._receive()
            elif isinstance(event, h11.Data):
                yield bytes(event.data)
            else:
                return

    @property
    def early(self) -> bytes:
        """What came behind the head of an upgrade: the beginning of the stream."""
        return self._http.trailing_data[0]

    def _event(self) -> h11.Event | None:
        """None where the answer is over."""
        while not isinstance(event := self._next(), h11.Event):
            if event is h11.PAUSED:
                return None
            self._receive()
        return event

    def _next(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        try:
            return self._http.next_event()
        except h11.RemoteProtocolError:
            raise EngineFailed("the engine does not speak HTTP") from None

    def _receive(self) -> None:
        try:
            self._http.receive_data(_received(self.sock, self._deadline))
        except OSError:
            raise EngineFailed("the engine does not answer") from None


def _received(sock: socket.socket, deadline: float) -> bytes:
    """The next bytes; none if there are no more. Raises TimeoutError at `deadline`, OSError."""
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    sock.settimeout(left)
    return sock.recv(CHUNK_BYTES)
