"""Daphne, with what it leaves to the application: a reason for large messages, and a drain."""

import asyncio
from typing import Any

from daphne.server import Server  # chooses Twisted's reactor: before any other import of Twisted
from django.conf import settings
from twisted.internet.defer import Deferred

from tutor.asgi import application
from tutor.consumers import drain
from tutor.frames import MAX_FRAME_BYTES

# How long browsers may take to answer the end of their connection.
FAREWELL_S = 1.0


class DrainingServer(Server):  # type: ignore[misc]  # daphne ships no types
    """Ends turns and tells pages before it stops; daphne alone would cut every socket (1006)."""

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
        server_name="tutor",
    )
