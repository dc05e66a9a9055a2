"""uvicorn, with the same drain as daphne. It is no dependency: install it to use it."""

import contextlib
import signal
import socket
from types import FrameType
from typing import Final

import structlog
import uvicorn
from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from tutor.asgi import application
from tutor.protocol.frames import MAX_FRAME_BYTES
from tutor.serving import bounds
from tutor.serving.draining import drain_server
from tutor.serving.uvicorn_http import BodyLimit, Connection

log = structlog.get_logger()

# After the drain, how long requests that are left may take.
CLEAN_UP_S: Final = 2


class Socket(WebSocketsSansIOProtocol):
    """A browser's socket, on the core of websockets; uvicorn's older one uses its legacy parts."""

    def keepalive_timeout(self) -> None:
        """Called when no pong has come: what was not sent by now will not be waited for."""
        super().keepalive_timeout()
        self.transport.abort()


class DrainingServer(uvicorn.Server):
    """Ends turns and tells pages before it stops; uvicorn alone would close every socket (1012)."""

    @property
    def has_listened(self) -> bool:
        """True if the port was free."""
        return self.started

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal has come and all is drained."""
        # Where the port is taken uvicorn ends the process; the caller has a better message.
        with contextlib.suppress(SystemExit):
            super().run(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Called before it serves."""
        await super().startup(sockets)
        for server in self.servers:
            for listening in server.sockets:
                # Whoever has asked for port 0 reads here which one it has become.
                log.info("web.listens", port=listening.getsockname()[1])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called for SIGINT and SIGTERM; a second Ctrl-C does not wait for anybody.

        uvicorn would raise the signal again in the end, and so end the process before its caller
        has cleaned up.
        """
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Called once a signal has come."""
        await drain_server(self._stop_listening, lambda: len(self.server_state.connections))
        await super().shutdown(sockets)

    def _stop_listening(self) -> None:
        for server in self.servers:
            server.close()


def server_on(host: str, port: int) -> DrainingServer:
    """A server for the whole site; its `run` returns after a signal and a drain."""
    return DrainingServer(
        uvicorn.Config(
            BodyLimit(application),
            host,
            port,
            loop="asyncio",
            http=Connection,
            h11_max_incomplete_event_size=bounds.MAX_HEADER_BYTES,
            timeout_keep_alive=int(bounds.GRACE_S),
            ws=Socket,
            # Up to this the consumer answers with a reason.
            ws_max_size=16 * MAX_FRAME_BYTES,
            ws_ping_interval=settings.PING_S,
            ws_ping_timeout=settings.PING_S,
            # It would cost each student some 100 KiB.
            ws_per_message_deflate=False,
            lifespan="off",  # `shutdown` does it, while the sockets are still open
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=CLEAN_UP_S,
        )
    )
