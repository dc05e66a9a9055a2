"""The connection under the SDK's: one whose reading can be paused."""

from typing import Final
from urllib.request import getproxies

from websockets.asyncio.client import ClientConnection

OPEN_TIMEOUT_S: Final = 5.0
MAX_EVENT_BYTES: Final = 32 * 1024 * 1024

CONNECTION_OPTIONS: Final = {
    "open_timeout": OPEN_TIMEOUT_S,
    # The default of 10 s holds up the end of a session whose socket has unread frames.
    "close_timeout": 0.5,
    "ping_interval": 20.0,
    "ping_timeout": 60.0,
    "max_size": MAX_EVENT_BYTES,
    # websockets would compress by default; it costs 30 KiB a student and gains nothing on JSON
    # of this size.
    "compression": None,
    # Looking for a proxy walks through the whole environment: not for every student.
    "proxy": True if getproxies() else None,
}


class PausableConnection(ClientConnection):
    """A WebSocket whose frames may pile up in the kernel, to be read together."""

    def pause_reading(self) -> None:
        """Read nothing until `resume_reading`."""
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read what has come meanwhile; unless too much of what was read waits already."""
        if not self.transport.is_closing() and not self.recv_messages.paused:
            self.transport.resume_reading()

    def abort(self) -> None:
        """End the connection now, if it has not ended.

        In a task that is cancelled, Python before 3.11.4 loses the time-out of a closing handshake.
        """
        self.transport.abort()
