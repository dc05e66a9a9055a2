"""The emulator's port: opens WebSockets or refuses them, and executes control commands.

Loopback only.
"""

import asyncio
import hmac
import json
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, nullcontext
from http import HTTPStatus
from pathlib import Path
from socket import socket
from typing import IO, Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_websocket
from websockets.protocol import State

from tutor.emulator import http
from tutor.emulator.clock import Clock
from tutor.emulator.control import execute
from tutor.emulator.delivery import SECONDS_PER_MINUTE, Pace, Shared
from tutor.emulator.endpoints import RESPONSES, Endpoints
from tutor.emulator.faults import FaultError, Faults
from tutor.emulator.http import HTTPRequest, HTTPResponse
from tutor.emulator.http_connection import HTTPConnection
from tutor.emulator.log import Exchange, RequestLog
from tutor.emulator.model import Model
from tutor.emulator.protocol import MAX_FRAME_BYTES
from tutor.emulator.settings import DEFAULTS, Settings, with_values
from tutor.emulator.websocket import WebSocketHandler

HOST: Final = "127.0.0.1"
FAULTS: Final = "/emulator/faults"

PING_INTERVAL_S: Final = 20
# A client that uploads a large frame does not pong meanwhile.
PING_TIMEOUT_S: Final = 60
# How long a connection may say nothing after it was told to close.
CLOSE_TIMEOUT_S: Final = 2

# Turns of the loop within which whoever was accepted is talked to: a task makes the transport, that
# tells the protocol, and that begins a task.
ACCEPTED: Final = 5

AT_ONCE: Final = Pace()

UPGRADE_REQUIRED: Final = http.problem(
    HTTPStatus.UPGRADE_REQUIRED, "Open a WebSocket on this path."
)

# websockets reports every probe of the port with a traceback; what matters `websocket` reports.
websockets_logger = logging.getLogger(f"{__name__}.websockets")
websockets_logger.setLevel(logging.CRITICAL + 1)


class Emulator:
    """A running server: its address, its requests, its faults."""

    def __init__(self, shared: Shared, api_key: str) -> None:
        self._shared = shared
        # The only key that is good; where it is empty every non-empty key is.
        self._api_key = api_key
        # Where it listens; 0 until it does.
        self.port = 0
        # Open connections, by the order of their coming.
        self._sockets: dict[int, WebSocketHandler] = {}
        self._count = 0
        # Answers requests that open no WebSocket.
        self._endpoints = Endpoints(shared)

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
        return self._shared.request_log.entries

    @property
    def open_connections(self) -> int:
        return len(self._sockets)

    @property
    def settings(self) -> Settings:
        return self._shared.settings

    @property
    def clock(self) -> Clock:
        return self._shared.clock

    # Control commands

    def set(self, **values: Any) -> None:
        """Change settings from now on. Raises SettingError."""
        self._shared.settings = with_values(self._shared.settings, values)

    def advance(self, *, minutes: float) -> None:
        """Put the clock forward: connections may reach their limit, silences their end."""
        self._shared.clock.advance(minutes * SECONDS_PER_MINUTE)

    def limit(self, *, error: bool | None = None, waits: bool | None = None) -> None:
        """Bring every open connection to its time limit; None means as the settings say."""
        for handler in self._sockets.values():
            handler.limit(error=error, waits=waits)

    def forget(self) -> None:
        """Drop every cached response: the next continuation gets `previous_response_not_found`."""
        for handler in self._sockets.values():
            handler.core.forget()

    # From the network

    async def handle(self, websocket: ServerConnection) -> None:
        self._count += 1
        number = self._count
        self._sockets[number] = handler = WebSocketHandler(self._shared, websocket, number)
        try:
            await handler.run()
        finally:
            del self._sockets[number]

    def get(self, request: HTTPRequest) -> HTTPResponse | None:
        """The answer to a GET; None lets it open a WebSocket."""
        if request.path == "/healthz":
            return http.reply(HTTPStatus.OK, {"status": "ok"})
        if refusal := self._refuse(request):
            return refusal
        if request.path != RESPONSES:
            return self._endpoints.get(request)
        if status := self.faults.for_handshake():
            return http.problem(status, "The emulator was told to refuse this connection.")
        return None if request.asks_for_websocket else UPGRADE_REQUIRED

    async def answer(self, request: HTTPRequest, connection: HTTPConnection) -> None:
        """All other requests: control commands, and responses over HTTP."""
        if (request.method, request.path) == ("POST", FAULTS):
            connection.write(self._control(request))
        elif refusal := self._refuse(request):
            connection.write(refusal)
        else:
            self._count += 1
            await self._endpoints.answer(request, connection, self._count)

    def _refuse(self, request: HTTPRequest) -> HTTPResponse | None:
        """The refusal of whoever asks for another service, or has no good key."""
        if not request.path.startswith("/v1/"):
            return http.unknown_path(request)
        return None if self._admits(request.key) else http.no_key()

    def _control(self, request: HTTPRequest) -> HTTPResponse:
        # A page in a browser may not send this type to another origin.
        if not request.headers.get("content-type", "").startswith("application/json"):
            return http.problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send application/json.")
        try:
            execute(self, json.loads(request.body))
        except FaultError as error:
            return http.problem(HTTPStatus.BAD_REQUEST, str(error))
        except ValueError:
            return http.problem(HTTPStatus.BAD_REQUEST, "The body is not JSON.")
        return http.reply(HTTPStatus.OK, {"pending": len(self.faults.responses)})

    def _admits(self, key: str) -> bool:
        if self._api_key:
            return hmac.compare_digest(key.encode(), self._api_key.encode())
        return bool(key)


@asynccontextmanager
async def serve(
    *,
    model: Model,
    port: int = 0,
    faults: Faults | None = None,
    settings: Settings = DEFAULTS,
    pace: Pace = AT_ONCE,
    api_key: str = "",
    log: Path | None = None,
    record: bool = True,
) -> AsyncIterator[Emulator]:
    """A server on this machine while the block lasts, which answers with what `model` says; port 0
    takes a free one.

    Raises OSError where the port is taken or the log cannot be written. On leaving, open sockets
    close with 1001.
    """
    with _open_log(log) as file:
        request_log = RequestLog(file, record=record)
        shared = Shared(model, faults or Faults(), pace, request_log, settings)
        emulator = Emulator(shared, api_key)
        async with _listen(emulator, port) as server:
            emulator.port = next(iter(server.sockets)).getsockname()[1]
            try:
                yield emulator
            finally:
                await stop_accepting(server.sockets)
                # websockets would wait for those who have not said what they want, or who are
                # still being answered.
                for connection in list(server.handlers):
                    if connection.state is State.CONNECTING:
                        connection.transport.abort()


async def stop_accepting(listeners: Iterable[socket]) -> None:
    """Accept nobody new on sockets of this loop, and let whoever has been be connected.

    A server that is closed between the two leaves their sockets open.
    """
    for listener in listeners:
        asyncio.get_running_loop().remove_reader(listener.fileno())
    for _ in range(ACCEPTED):
        await asyncio.sleep(0)


def _listen(emulator: Emulator, port: int) -> serve_websocket:
    class Entrance(HTTPConnection):
        routes = emulator

    return serve_websocket(
        emulator.handle,
        HOST,
        port,
        create_connection=Entrance,
        max_size=MAX_FRAME_BYTES,
        # The connection has its own, which does not count the answer to a request.
        open_timeout=None,
        ping_interval=PING_INTERVAL_S,
        ping_timeout=PING_TIMEOUT_S,
        close_timeout=CLOSE_TIMEOUT_S,
        server_header=None,
        logger=websockets_logger,
    )


def _open_log(path: Path | None) -> IO[str] | nullcontext[None]:
    return path.open("a", encoding="utf-8") if path else nullcontext()
