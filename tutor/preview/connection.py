"""The WebSocket to the classroom, opened again whenever it is lost."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Annotated, Final

from pydantic import Field, TypeAdapter
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tutor.protocol import frames

# Pauses between attempts to connect: the first one, and the longest.
FIRST_RETRY_S: Final = 0.25
MAX_RETRY_S: Final = 5.0
# Close codes after which connecting again is of no use.
FINAL_CLOSES: Final = frozenset(
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


class SiteGone(Exception):
    """No classroom to connect to any more. The text is for the author."""


class Connection:
    """A WebSocket that reconnects. `on_frame` gets every frame but those of the keepalive.

    `on_lost` is called once for each connection that breaks. `exit_reason` returns why the site's
    process has ended, and an empty text while it runs.
    """

    def __init__(
        self,
        url: str,
        headers: dict[str, str],
        on_frame: Callable[[frames.ToBrowser], None],
        on_lost: Callable[[], None],
        exit_reason: Callable[[], str],
    ) -> None:
        self._url = url
        self._headers = headers
        self._on_frame = on_frame
        self._on_lost = on_lost
        self._exit_reason = exit_reason
        # None while there is no connection.
        self._socket: ClientConnection | None = None
        # The server's latest reason for a refusal; empty if there was none.
        self._refusal = ""

    async def run(self) -> None:
        """Be connected until cancelled. Raises SiteGone."""
        wait_s = FIRST_RETRY_S
        while True:
            try:
                async with self._connect() as self._socket:
                    wait_s = FIRST_RETRY_S
                    await self._read(self._socket)
            except ConnectionClosed as end:
                if end.rcvd and end.rcvd.code in FINAL_CLOSES:
                    raise SiteGone(
                        self._refusal or "The classroom has closed the connection."
                    ) from None
            except (OSError, InvalidHandshake, TimeoutError):
                pass  # the server is not up yet
            if self._socket:
                self._socket = None
                self._on_lost()
            if reason := self._exit_reason():
                raise SiteGone(reason)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, MAX_RETRY_S)

    def _connect(self) -> connect:
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
                    self._refusal = frame.message
                    self._on_frame(frame)
                case _:
                    self._on_frame(frame)

    async def send(self, frame: frames.FromBrowser) -> None:
        """Send a frame; without a connection, it is lost."""
        with contextlib.suppress(ConnectionClosed):
            if self._socket:
                await self._socket.send(frame.model_dump_json())
