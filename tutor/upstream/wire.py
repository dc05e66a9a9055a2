"""The connection under the SDK's: one that may be left unread for a moment."""

from websockets.asyncio.client import ClientConnection


class Wire(ClientConnection):
    """A WebSocket whose frames may pile up in the kernel, to be read together."""

    def rest(self) -> None:
        """Read nothing until `wake`."""
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def wake(self) -> None:
        """Read what has come meanwhile; unless too much of what was read waits already."""
        if not self.transport.is_closing() and not self.recv_messages.paused:
            self.transport.resume_reading()

    def let_go(self) -> None:
        """End the connection now, if it has not ended.

        In a task that is cancelled, Python before 3.11.4 loses the time-out of a closing handshake.
        """
        self.transport.abort()
