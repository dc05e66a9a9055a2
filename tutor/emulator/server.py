"""The emulator's port: lets sockets in or refuses them, and takes orders about faults.

Loopback only.
"""

import hmac
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_websocket
from websockets.http11 import Request as Handshake
from websockets.http11 import Response
from websockets.protocol import State

from tutor.emulator import front
from tutor.emulator.client import Client
from tutor.emulator.clock import Clock
from tutor.emulator.delivery import SECONDS_PER_MINUTE, Pace, Shared
from tutor.emulator.endpoints import RESPONSES, Endpoints
from tutor.emulator.faults import FaultError, Faults
from tutor.emulator.log import Exchange, Journal
from tutor.emulator.model import Model
from tutor.emulator.orders import obey
from tutor.emulator.protocol import MAX_FRAME_BYTES
from tutor.emulator.settings import DEFAULTS, Settings, changed
from tutor.practice import socratic

HOST: Final = "127.0.0.1"
FAULTS: Final = "/emulator/faults"

PING_INTERVAL_S: Final = 20
# A client that uploads a large frame does not pong meanwhile.
PING_TIMEOUT_S: Final = 60
# How long a connection may say nothing after it was told to close.
CLOSE_TIMEOUT_S: Final = 2

AT_ONCE: Final = Pace()

# websockets reports every probe of the port with a traceback; what matters `client` reports.
websockets_logger = logging.getLogger(f"{__name__}.websockets")
websockets_logger.setLevel(logging.CRITICAL + 1)


class Emulator:
    """A running server: where it is, what it was asked, what it will do wrong."""

    def __init__(self, shared: Shared, api_key: str) -> None:
        self._shared = shared
        # The only key that is good; where it is empty every non-empty key is.
        self._api_key = api_key
        # Where it listens; 0 until it does.
        self.port = 0
        # Open connections, by the order of their coming.
        self._clients: dict[int, Client] = {}
        self._count = 0
        # What answers requests that open no socket.
        self._http = Endpoints(shared)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def base_url(self) -> str:
        """What the SDK takes as `base_url`."""
        return f"{self.url}/v1"

    @property
    def faults(self) -> Faults:
        return self._shared.faults

    @property
    def requests(self) -> list[Exchange]:
        """All requests in the order they came, with their frames, if they are recorded."""
        return self._shared.journal.entries

    @property
    def open_connections(self) -> int:
        return len(self._clients)

    @property
    def settings(self) -> Settings:
        return self._shared.settings

    @property
    def clock(self) -> Clock:
        return self._shared.clock

    # Orders

    def set(self, **values: Any) -> None:
        """Change settings from now on. Raises SettingError."""
        self._shared.settings = changed(self._shared.settings, values)

    def advance(self, *, minutes: float) -> None:
        """Put the clock forward: connections may reach their limit, silences their end."""
        self._shared.clock.advance(minutes * SECONDS_PER_MINUTE)

    def limit(self, *, error: bool | None = None, waits: bool | None = None) -> None:
        """The time of every open connection is over; None means what the settings say."""
        for client in self._clients.values():
            client.limit(error=error, waits=waits)

    def forget(self) -> None:
        """Drop every cached response: the next continuation gets `previous_response_not_found`."""
        for client in self._clients.values():
            client.core.forget()

    # From the network

    async def handle(self, websocket: ServerConnection) -> None:
        self._count += 1
        number = self._count
        self._clients[number] = client = Client(self._shared, websocket, number)
        try:
            await client.run()
        finally:
            del self._clients[number]

    def check_handshake(self, _connection: ServerConnection, request: Handshake) -> Response | None:
        """None lets the WebSocket open; every other GET is answered and closed."""
        path = request.path.partition("?")[0]
        if path == "/healthz":
            return front.reply(HTTPStatus.OK, {"status": "ok"})
        if not path.startswith("/v1/"):
            return front.unknown_path("GET", path)
        if not self._admits(front.bearer(request.headers)):
            return front.no_key()
        if path != RESPONSES:
            return self._http.get(path)
        refused = self.faults.for_handshake()
        if refused:
            return front.problem(refused, "The emulator was told to refuse this connection.")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return front.problem(HTTPStatus.UPGRADE_REQUIRED, "Open a WebSocket on this path.")
        return None

    async def answer(self, post: front.Post, line: front.Front) -> None:
        """Requests that are not GET: orders about faults, and responses without a socket."""
        if (post.method, post.path) == ("POST", FAULTS):
            line.write(self._obey(post))
        elif not post.path.startswith("/v1/"):
            line.write(front.unknown_path(post.method, post.path))
        elif not self._admits(front.bearer(post.headers)):
            line.write(front.no_key())
        else:
            self._count += 1
            await self._http.answer(post, line, self._count)

    def _obey(self, post: front.Post) -> Response:
        # A page in a browser may not send this type to another origin.
        if not post.headers.get("content-type", "").startswith("application/json"):
            return front.problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json.")
        try:
            obey(self, json.loads(post.body))
        except FaultError as error:
            return front.problem(HTTPStatus.BAD_REQUEST, str(error))
        except ValueError:
            return front.problem(HTTPStatus.BAD_REQUEST, "The body is not JSON.")
        return front.reply(HTTPStatus.OK, {"pending": len(self.faults.responses)})

    def _admits(self, key: str) -> bool:
        if self._api_key:
            return hmac.compare_digest(key.encode(), self._api_key.encode())
        return bool(key)


@asynccontextmanager
async def serve(
    *,
    port: int = 0,
    model: Model = socratic.answer,
    faults: Faults | None = None,
    settings: Settings = DEFAULTS,
    pace: Pace = AT_ONCE,
    api_key: str = "",
    log: Path | None = None,
    record: bool = True,
) -> AsyncIterator[Emulator]:
    """A server on this machine while the block lasts; port 0 takes a free one.

    Raises OSError where the port is taken or the log cannot be written. On leaving, open sockets
    close with 1001.
    """
    with _open_log(log) as file:
        journal = Journal(file, record=record)
        shared = Shared(model, faults or Faults(), pace, journal, settings)
        emulator = Emulator(shared, api_key)
        async with _listen(emulator, port) as server:
            emulator.port = next(iter(server.sockets)).getsockname()[1]
            try:
                yield emulator
            finally:
                # websockets would wait for those who have not said what they want, or who are
                # still being answered.
                for connection in list(server.handlers):
                    if connection.state is State.CONNECTING:
                        connection.transport.abort()


def _listen(emulator: Emulator, port: int) -> serve_websocket:
    class Entrance(front.Front):
        answer = emulator.answer

    return serve_websocket(
        emulator.handle,
        HOST,
        port,
        process_request=emulator.check_handshake,
        create_connection=Entrance,
        max_size=MAX_FRAME_BYTES,
        # The entrance has its own, which does not count the answer to a request.
        open_timeout=None,
        ping_interval=PING_INTERVAL_S,
        ping_timeout=PING_TIMEOUT_S,
        close_timeout=CLOSE_TIMEOUT_S,
        server_header=None,
        logger=websockets_logger,
    )


def _open_log(path: Path | None) -> IO[str] | nullcontext[None]:
    return path.open("a", encoding="utf-8") if path else nullcontext()
