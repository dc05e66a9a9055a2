"""The connection to the classroom: opened again whenever it is lost."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tutor.protocol import frames

# How long to wait before the next attempt to connect: at first, and at most.
SOON_S: Final = 0.25
LATE_S: Final = 5.0
# After these there is no use in connecting again.
FOR_GOOD: Final = frozenset(
    {
        frames.Close.PROTOCOL,
        frames.Close.NOT_LOGGED_IN,
        frames.Close.NOT_ENROLLED,
        frames.Close.NO_LESSON,
        frames.Close.TOO_MANY,
    }
)

_to_browser: TypeAdapter[frames.ToBrowser] = TypeAdapter(
    Annotated[frames.ToBrowser, Field(discriminator="type")]
)


class Gone(Exception):
    """There is no classroom to connect to any more. The text is for the author."""


class Line:
    """A page's socket. `heard` gets every frame but those that only keep the line going.

    `lost` is called once for each connection that breaks. `obituary` says why there is nobody to
    connect to any more; while there is, it is empty.
    """

    def __init__(
        self,
        url: str,
        headers: dict[str, str],
        heard: Callable[[frames.ToBrowser], None],
        lost: Callable[[], None],
        obituary: Callable[[], str],
    ) -> None:
        self._url = url
        self._headers = headers
        self._heard = heard
        self._lost = lost
        self._obituary = obituary
        # The connection; None while there is none.
        self._socket: ClientConnection | None = None
        # Why the server turned us away last; empty if it did not.
        self._why = ""

    async def run(self) -> None:
        """Be connected until cancelled. Raises Gone."""
        wait_s = SOON_S
        while True:
            try:
                async with self._connection() as self._socket:
                    wait_s = SOON_S
                    await self._read(self._socket)
            except ConnectionClosed as end:
                if end.rcvd and end.rcvd.code in FOR_GOOD:
                    raise Gone(self._why or "The classroom has closed the connection.") from None
            except (OSError, InvalidHandshake, TimeoutError):
                pass  # nobody answers yet
            if self._socket:
                self._socket = None
                self._lost()
            if said := self._obituary():
                raise Gone(said)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LATE_S)

    def _connection(self) -> connect:
        # No proxy of the environment has business here; hello is as long as the dialogue.
        return connect(
            self._url, additional_headers=self._headers, proxy=None, max_size=None, close_timeout=1
        )

    async def _read(self, socket: ClientConnection) -> None:
        while True:
            frame = _to_browser.validate_json(await socket.recv())
            match frame:
                case frames.Check(id=id):
                    await self.send(frames.Checked(type="checked", id=id))
                case frames.Pong():
                    pass
                case frames.Error():
                    self._why = frame.message
                    self._heard(frame)
                case _:
                    self._heard(frame)

    async def send(self, frame: frames.FromBrowser) -> None:
        """Send a frame; without a connection, it is lost."""
        with contextlib.suppress(ConnectionClosed):
            if self._socket:
                await self._socket.send(frame.model_dump_json())
