"""Gates before the real engine or one that lies, and a plain client for what no library sends."""

import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.gate.server import Gate

ENGINE = "/var/run/docker.sock"
VERSION = b'{"ApiVersion": "1.41"}'


@contextmanager
def opened(folder: Path, image: str = "tutor-sandbox", engine: str = ENGINE) -> Iterator[Path]:
    """The socket of a gate that serves meanwhile."""
    path = folder / "gate.sock"
    with Gate(path, engine, image) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield path
        finally:
            server.shutdown()
            thread.join()


def connected(path: Path, seconds: float = 10) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(seconds)
    client.connect(str(path))
    return client


def raw(path: Path, request: bytes, seconds: float = 10) -> bytes:
    """All that comes back on one connection until it is closed, or nothing comes for so long."""
    with connected(path, seconds) as client:
        client.sendall(request)
        return rest_of(client)


def rest_of(client: socket.socket) -> bytes:
    answer = b""
    with suppress(TimeoutError):
        while chunk := client.recv(65_536):
            answer += chunk
    return answer


def request(method: str, target: str, body: bytes = b"", *more: str) -> bytes:
    """One as docker's client sends it, with `more` lines in its head."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *more, "", ""]).encode() + body


def answer(body: bytes, status: str = "200 OK", *more: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *more, "", ""]
    return "\r\n".join(head).encode() + body


def status_of(answered: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answered)
    assert found, answered[:200]
    return int(found[1])


class Engine:
    """An engine that answers as a test wants it to, and keeps what it was asked.

    `says` has the pieces of an answer, sent one by one, for the first target that it is found in.
    """

    def __init__(self, says: dict[str, Sequence[bytes]]) -> None:
        self._says = {"/version": [answer(VERSION)]} | says
        # All that was sent to it, a connection each.
        self.asked: list[bytes] = []

    @contextmanager
    def listening(self, folder: Path) -> Iterator[str]:
        path = folder / "engine.sock"
        with served(path, self._answer):
            yield str(path)

    def _answer(self, client: socket.socket) -> bytes:
        """Answer a client; what it has asked."""
        asked = client.recv(65_536)
        self.asked.append(asked)
        target = asked.split(b" ", 2)[1].decode()
        says = next((said for part, said in self._says.items() if part in target), [])
        for piece in says:
            client.sendall(piece)
            threading.Event().wait(0.01)  # so that it comes alone
        return asked


@contextmanager
def served(path: Path, answer: Callable[[socket.socket], object]) -> Iterator[None]:
    """Whoever connects to `path` is answered, in a thread of its own, until the block ends."""
    threads: list[threading.Thread] = []

    def talk(client: socket.socket) -> None:
        with client, suppress(OSError):
            answer(client)

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                client.settimeout(10)
                threads.append(threading.Thread(target=talk, args=(client,)))
                threads[-1].start()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(64)
        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            serving.join()
            for thread in threads:
                thread.join()
