"""A gate before the engine's socket: what the sandbox needs passes, rebuilt, and nothing else.

Who may use the engine may become root of its host: create a container with the host's disk in it.
Behind this gate a worker can only create containers like ours, touch only those, see only those.

Each connection carries one request. It is read by h11, becomes one of the calls that we know, and
the engine is sent what we write of that call. What comes back is read too: containers that are not
ours are left out, and so are the engine's own words where it refuses.
"""

import contextlib
import json
import logging
import re
import socketserver
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

from sandbox.spec import APP_LABEL, APP_VALUE, NAME

from .calls import (
    VERSION,
    About,
    Attach,
    Call,
    Create,
    Events,
    Inspect,
    List,
    Refused,
    Remove,
    Request,
    Start,
    Terms,
    Version,
    inspection,
    read,
    written,
    written_about,
)
from .http import Client, EngineFailed, Exchange
from .relay import relay

logger = logging.getLogger(__name__)

# More than containers run at a time. Whatever streams do, others can still ask.
MOST_STREAMS = 384
MOST_CONNECTIONS = MOST_STREAMS + 128
# A connection has one to the engine beside it; the rest is Python's own.
MOST_FILES = 2 * MOST_CONNECTIONS + 64
# Of one event.
MOST_LINE_BYTES = 256 * 1024

_API = re.compile(r"[1-9][0-9]?\.[0-9]{1,3}")
_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        """Raises EngineFailed."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise EngineFailed("the engine does not speak JSON") from None


class Denied(Exception):
    """A call of ours that cannot be done. Its text says why, in our own words: the engine's may
    name what is not ours."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Passage(socketserver.BaseRequestHandler):
    """One connection of a client."""

    server: "Gate"

    def handle(self) -> None:
        client = Client(self.request)
        with contextlib.suppress(OSError):  # the client is gone
            try:
                if request := client.read():
                    self._perform(client, *read(request, self.server.terms, time.time()))
            except Refused as why:
                logger.warning("refused: %s", why)
                client.refuse(403, f"refused by the sandbox's gate: {why}")
            except Denied as error:
                client.refuse(error.status, str(error))
            except EngineFailed as error:
                logger.warning("%s", error)
                client.refuse(502, f"behind the sandbox's gate {error}")

    def _perform(self, client: Client, call: Call, asked_api: str) -> None:
        version = self._ask(Version(), Request("GET", VERSION))
        api = _spoken(version, asked_api)
        match call:
            case Version():
                client.answer(200, version.body)
            case List():
                found = self._ask(call, written(call, api)).json()
                client.answer(200, json.dumps(list(filter(_is_listed, found))).encode())
            case Create():
                created = self._ask(call, written(call, api))
                client.answer(created.status, created.body)
            case Events():
                self._tell(client, call, written(call, api))
            case Attach() | Start() | Inspect() | Remove():
                self._perform_about(client, call, api)
            case _:
                assert_never(call)

    def _perform_about(self, client: Client, call: About, api: str) -> None:
        """On the container that was found to be ours, by its id: its name may be another's next."""
        looked = self._ask(call, Request("GET", inspection(api, call.name)))
        container_id = _id_of(looked.json(), call.name)
        match call:
            case Inspect():
                client.answer(200, looked.body)
            case Attach():
                self._attach(client, call, written_about(call, api, container_id))
            case Start() | Remove():
                client.answer(self._ask(call, written_about(call, api, container_id)).status)
            case _:
                assert_never(call)

    def _ask(self, call: Call, request: Request) -> Answer:
        """Raises Denied, EngineFailed."""
        with Exchange(self.server.engine, request) as exchange:
            answer = Answer(exchange.status(), exchange.body())
        if answer.status >= 400:
            raise _denied(call, answer.status, answer.body)
        return answer

    def _attach(self, client: Client, call: Attach, request: Request) -> None:
        with self.server.stream(), Exchange(self.server.engine, request) as exchange:
            if (status := exchange.status()) >= 400:
                raise _denied(call, status, exchange.body())
            if status != 101:
                raise EngineFailed("the engine does not attach")
            client.upgrade()
            client.sock.sendall(exchange.early)
            relay(client.sock, exchange.sock)

    def _tell(self, client: Client, call: Events, request: Request) -> None:
        with self.server.stream(), Exchange(self.server.engine, request) as exchange:
            if (status := exchange.status()) != 200:
                raise _denied(call, status, exchange.body())
            client.stream(filter(_is_told, _lines(exchange.pieces(client.sock))))


def _spoken(version: Answer, asked: str) -> str:
    """The version of the API that the engine speaks by itself, the only one there is behind the
    gate: in an older one the same words may mean something else."""
    found = version.json()
    own = found.get("ApiVersion") if isinstance(found, dict) else None
    if not isinstance(own, str) or not _API.fullmatch(own):
        raise EngineFailed("whoever answers is no engine")
    if asked not in ("", own):
        raise Refused("another version of the API than the engine's own")
    return own


def _denied(call: Call, status: int, words: bytes) -> Denied:
    """What a client is told of a failure; the operator is told the engine's words."""
    if status in (404, 409):
        name = call.spec.name if isinstance(call, Create) else getattr(call, "name", "")
        missing = f"No such container: {name}"
        if isinstance(call, Create):
            missing = f"No such image: {call.spec.image}"  # docker's client knows it by these words
        return Denied(status, missing if status == 404 else f"Conflict: {name} is being changed")
    logger.warning("the engine says %d to %s: %s", status, type(call).__name__, ascii(words[:500]))
    status = status if status >= 500 else 502
    return Denied(status, "the engine could not do it; the log of the sandbox's gate says why")


# What is ours -----------------------------------------------------------------------------------


def _is_ours(name: object, labels: object) -> bool:
    named = isinstance(name, str) and NAME.fullmatch(name) is not None
    return named and isinstance(labels, dict) and labels.get(APP_LABEL) == APP_VALUE


def _is_listed(found: Any) -> bool:
    """Whether an entry of the engine's list is a container of ours."""
    match found:
        case {"Names": [str(name)], "Labels": labels}:
            return _is_ours(name.removeprefix("/"), labels)
    return False


def _is_told(line: bytes) -> bool:
    """Whether a line of the engine's events is about a container of ours. An event's attributes
    are the container's labels and its name."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return False
    match event:
        case {"Type": "container", "Actor": {"Attributes": {"name": name, **labels}}}:
            return _is_ours(name, labels)
    return False


def _id_of(inspected: Any, name: str) -> str:
    """The id of a container of ours. Raises Denied if it is not."""
    match inspected:
        case {"Id": str(found), "Name": str(called), "Config": {"Labels": labels}} if (
            _ID.fullmatch(found) and called == f"/{name}" and _is_ours(name, labels)
        ):
            return found
    raise Denied(404, f"No such container: {name}")


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, a line at a time. Raises EngineFailed for one without an end."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in lines)
        if len(rest) > MOST_LINE_BYTES:
            raise EngineFailed("the engine's event is too long")


class Gate(socketserver.ThreadingUnixStreamServer):
    """Listens at `path`; whoever may reach that file may come in. `image` is Python's."""

    daemon_threads = True
    # Whoever comes while so many wait is told EAGAIN: no fewer than may be connected.
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, path: Path, engine: str, image: str) -> None:
        path.unlink(missing_ok=True)
        self.engine = engine
        self.terms = Terms.of(image)
        self._connections = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._streams = threading.BoundedSemaphore(MOST_STREAMS)
        super().__init__(str(path), Passage)
        path.chmod(0o666)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._connections.acquire(blocking=False):
            logger.warning("refused: more than %d connections", MOST_CONNECTIONS)
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread can be started
            self._connections.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    @contextlib.contextmanager
    def stream(self) -> Iterator[None]:
        """A place for one that has no end in sight. Raises Denied if there is none."""
        if not self._streams.acquire(blocking=False):
            raise Denied(503, "the sandbox's gate has too many streams")
        try:
            yield
        finally:
            self._streams.release()
