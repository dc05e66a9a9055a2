"""Daphne, with what it leaves to the application: bounds, a reason for large messages, a drain."""

import asyncio
from typing import Any, Final

from daphne.server import Server  # chooses Twisted's reactor: before any other import of Twisted
from django.conf import settings
from twisted.internet.defer import Deferred

from tutor.asgi import application
from tutor.protocol.frames import MAX_FRAME_BYTES
from tutor.web.consumers import drain

# How long browsers may take to answer the end of their connection.
FAREWELL_S: Final = 1.0
# How long a connection may take to open.
HANDSHAKE_S: Final = 30
# With so much waiting for its consumer, a browser is not read from …
MOST_WAITING: Final = 32
MOST_WAITING_BYTES: Final = 256 * 1024
# … until it has been taken, which is looked at this often.
LOOK_S: Final = 0.01


class ReadThrottle:
    """The messages of one browser on their way to its consumer. daphne alone takes all there are.

    Stands where daphne has the bare queue, of which it uses `put_nowait` only.
    """

    def __init__(self, queue: "asyncio.Queue[Any]", protocol: Any) -> None:
        self._queue = queue
        self._protocol = protocol
        # What was put into the queue since it was last seen empty.
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
            self._look()

    def _look(self) -> None:
        if self._protocol.state == self._protocol.STATE_CLOSED:
            return
        if self._queue.empty():
            self._paused = False
            self._protocol.transport.resumeProducing()
        else:
            asyncio.get_running_loop().call_later(LOOK_S, self._look)


class DrainingServer(Server):  # type: ignore[misc]  # daphne ships no types
    """Ends turns and tells pages before it stops; daphne alone would cut every socket (1006)."""

    @property
    def has_listened(self) -> bool:
        """Whether the port was free."""
        return bool(self.listening_addresses)

    def create_application(self, protocol: Any, scope: Any) -> Any:
        """Called by daphne for every request and every WebSocket; what comes in goes where it says.

        None if the peer has gone meanwhile.
        """
        queue = super().create_application(protocol, scope)
        return ReadThrottle(queue, protocol) if queue and scope["type"] == "websocket" else queue

    def kill_all_applications(self) -> Any:
        """Called by Twisted when SIGINT or SIGTERM has come; it waits for what is returned."""
        drained = Deferred.fromFuture(asyncio.ensure_future(self._drain()))
        return drained.addBoth(lambda _: super(DrainingServer, self).kill_all_applications())

    async def _drain(self) -> None:
        await drain(settings.DRAIN_S)
        # The close frames are on their way; a browser answers them at once, a dead one never.
        loop = asyncio.get_running_loop()
        deadline = loop.time() + FAREWELL_S
        while self._connected() and loop.time() < deadline:  # noqa: ASYNC110  # daphne tells nobody
            await asyncio.sleep(0.02)

    def _connected(self) -> bool:
        return any("disconnected" not in details for details in self.connections.values())


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
