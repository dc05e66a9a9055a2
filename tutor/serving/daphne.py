"""Daphne, with what it leaves to the application: bounds, a reason for large messages, a drain."""

import asyncio
from typing import Any, Final

import structlog
from daphne.server import Server  # chooses Twisted's reactor: before any other import of Twisted
from django.conf import settings
from twisted.internet.defer import Deferred

from tutor.asgi import application
from tutor.protocol.frames import MAX_FRAME_BYTES
from tutor.serving.daphne_http import Factory
from tutor.serving.draining import drain_server

log = structlog.get_logger()

# How long a connection may take to open.
HANDSHAKE_S: Final = 30
# With so much waiting for its consumer, a browser is not read from …
MOST_WAITING: Final = 32
MOST_WAITING_BYTES: Final = 256 * 1024
# … until it has been taken, which is checked this often.
POLL_INTERVAL_S: Final = 0.01


class ReadThrottle:
    """A bounded queue of one browser's messages to its consumer; daphne's own has no bound.

    Stands where daphne has the bare queue, of which it uses `put_nowait` only.
    """

    def __init__(self, queue: "asyncio.Queue[Any]", protocol: Any) -> None:
        self._queue = queue
        self._protocol = protocol
        # The bytes put into the queue since it was last seen empty.
        self._bytes = 0
        self._paused = False

    def put_nowait(self, message: dict[str, Any]) -> None:
        """Take a message; above the bound no more of them are read."""
        self._bytes = 0 if self._queue.empty() else self._bytes
        self._bytes += len(message.get("text") or message.get("bytes") or "")
        self._queue.put_nowait(message)
        full = self._queue.qsize() >= MOST_WAITING or self._bytes >= MOST_WAITING_BYTES
        if full and not self._paused:
            self._paused = True
            self._protocol.transport.pauseProducing()
            self._resume_when_empty()

    def _resume_when_empty(self) -> None:
        if self._protocol.state == self._protocol.STATE_CLOSED:
            return
        if self._queue.empty():
            self._paused = False
            self._protocol.transport.resumeProducing()
        else:
            asyncio.get_running_loop().call_later(POLL_INTERVAL_S, self._resume_when_empty)


class DrainingServer(Server):  # type: ignore[misc]  # daphne ships no types
    """Ends turns and tells pages before it stops; daphne alone would cut every socket (1006)."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Twisted's listening ports, which daphne keeps only the addresses of.
        self._ports: list[Any] = []

    @property
    def http_factory(self) -> Factory:
        """What makes a connection; daphne makes one of its own in `run`, which is not used."""
        return self._http_factory

    @http_factory.setter
    def http_factory(self, _: Any) -> None:
        self._http_factory = Factory(self)

    @property
    def has_listened(self) -> bool:
        """True if the port was free."""
        return bool(self.listening_addresses)

    def listen_success(self, port: Any) -> None:
        """Called by daphne for every port that has been opened."""
        super().listen_success(port)
        self._ports.append(port)
        # Whoever has asked for port 0 reads here which one it has become.
        log.info("web.listens", port=port.getHost().port)

    def create_application(self, protocol: Any, scope: Any) -> Any:
        """Called by daphne for every request and every WebSocket: the queue for its messages.

        None if the peer has gone meanwhile.
        """
        queue = super().create_application(protocol, scope)
        return ReadThrottle(queue, protocol) if queue and scope["type"] == "websocket" else queue

    def kill_all_applications(self) -> Any:
        """Called by Twisted when SIGINT or SIGTERM has come; it waits for what is returned."""
        draining = drain_server(self._stop_listening, self._connected)
        drained = Deferred.fromFuture(asyncio.ensure_future(draining))
        return drained.addBoth(lambda _: super(DrainingServer, self).kill_all_applications())

    def _stop_listening(self) -> None:
        for port in self._ports:
            port.stopListening()

    def _connected(self) -> int:
        return sum("disconnected" not in details for details in self.connections.values())


def server_on(host: str, port: int) -> DrainingServer:
    """A server for the whole site; its `run` returns after a signal and a drain."""
    return DrainingServer(
        application,
        endpoints=[f"tcp:port={port}:interface={host}"],
        # Above this daphne cuts the connection; up to it the consumer answers with a reason.
        websocket_max_message_size=16 * MAX_FRAME_BYTES,
        websocket_max_frame_size=16 * MAX_FRAME_BYTES,
        application_close_timeout=2,
        # daphne looks every 2 s: so who is gone is noticed within twice the interval and 2 s.
        ping_interval=settings.PING_S,
        ping_timeout=settings.PING_S,
        # When a school comes back at once, the last wait longer than the 5 s daphne gives them.
        websocket_handshake_timeout=HANDSHAKE_S,
        websocket_connect_timeout=HANDSHAKE_S,
        server_name="tutor",
    )
