"""A door before the engine's socket that lets through what the sandbox needs, and nothing else.

Who may use the engine may become root of its host: create a container with the host's disk in it.
Behind this door a worker can only create containers like ours, and touch only those.

Each connection carries one request: it is read whole, judged, and passed on or refused with 403.
Only the answer, and after an agreed upgrade the stream of an attached container, follow.
"""

import contextlib
import json
import logging
import re
import select
import socket
import socketserver
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .container import APP_LABEL, CAPS, SCRATCH, SECCOMP, SYSCTLS
from .job import GIB
from .languages import LANGUAGES
from .uid import UIDS

logger = logging.getLogger(__name__)

MOST_HEAD_BYTES = 64 * 1024
MOST_BODY_BYTES = 1024 * 1024
CHUNK_BYTES = 64 * 1024
# Seconds in which a request arrives whole.
REQUEST_S = 30

NAME = re.escape(APP_LABEL) + r"-[0-9a-f]{32}"
ALLOWED = [
    ("GET", r"/version"),
    ("GET", r"/containers/json"),
    ("GET", r"/events"),
    ("POST", r"/containers/create"),
    ("POST", rf"/containers/{NAME}/(attach|start)"),
    ("GET", rf"/containers/{NAME}/json"),
    ("DELETE", rf"/containers/{NAME}"),
]

# What a container of ours may be created with; everything else must be absent, empty or false.
CONFIG = {
    "AttachStderr", "AttachStdin", "AttachStdout", "Env", "HostConfig", "Hostname", "Image",
    "Labels", "OpenStdin", "StdinOnce", "User",
}  # fmt: skip
HOST_CONFIG = {
    "AutoRemove", "CapDrop", "IpcMode", "LogConfig", "Memory", "MemorySwap", "NanoCpus",
    "NetworkMode", "PidsLimit", "ReadonlyRootfs", "Runtime", "SecurityOpt", "ShmSize", "Sysctls",
    "Tmpfs", "Ulimits",
}  # fmt: skip


def refusal(method: str, target: str, body: bytes, image: str, runtime: str = "") -> str:
    """Why this request must not reach the engine; empty if it may. `image` is Python's."""
    parts = urlsplit(target)
    path = re.sub(r"^/v[0-9.]+(?=/)", "", parts.path)
    if not any(method == m and re.fullmatch(pattern, path) for m, pattern in ALLOWED):
        return f"{method} {path} is nothing that the sandbox needs"
    if path != "/containers/create":
        return ""
    if not re.fullmatch(NAME, parse_qs(parts.query).get("name", [""])[0]):
        return "a container with another name"
    try:
        made = json.loads(body)
        return _weakness(made, made["HostConfig"], image, runtime)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "a container that cannot be understood"


def _weakness(made: dict[str, Any], host: dict[str, Any], image: str, runtime: str) -> str:
    """What is missing or too much in the container that is asked for."""
    more = {name for name, value in made.items() if value} - CONFIG
    more |= {name for name, value in host.items() if value} - HOST_CONFIG
    if more:
        return f"a container with {', '.join(sorted(more))}"
    uid = made["User"].partition(":")[0]
    profile = f"seccomp={SECCOMP.read_text()}"
    held = {
        "image": made["Image"] in {setup.image(image) for setup in LANGUAGES.values()},
        "user": uid.isdecimal() and int(uid) in UIDS and made["User"] == f"{uid}:{uid}",
        "labels": APP_LABEL in made["Labels"],
        "network": host["NetworkMode"] == "none",
        "capabilities": host["CapDrop"] == CAPS,
        "system calls": sorted(host["SecurityOpt"]) == sorted(["no-new-privileges", profile]),
        "system": host["ReadonlyRootfs"] is True,
        "scratch space": host["Tmpfs"] == {"/tmp": SCRATCH},  # noqa: S108  # the container's
        "memory": 0 < host["Memory"] <= GIB and host["MemorySwap"] == host["Memory"],
        "processes": 0 < host["PidsLimit"] <= 256,
        "processors": 0 < host["NanoCpus"] <= 2_000_000_000,
        "ipc": host["IpcMode"] == "private",
        "kernel's settings": host["Sysctls"] == SYSCTLS,
        "runtime": host.get("Runtime", "") == runtime,
    }
    return next((f"a container with another {name}" for name, ok in held.items() if not ok), "")


class Passage(socketserver.StreamRequestHandler):
    """One connection of a client."""

    server: "Gate"
    timeout = REQUEST_S

    def handle(self) -> None:
        try:
            head = self._read_head()
            method, target, _ = head[0].split(" ", 2)
            headers = dict(line.lower().split(": ", 1) for line in head[1:])
            size = int(headers.get("content-length", "0"))
            if "transfer-encoding" in headers or not 0 <= size <= MOST_BODY_BYTES:
                return self._refuse("a body of unknown size or too large")
            body = self.rfile.read(size)
        except (OSError, ValueError):
            return None  # not a request, or only half of one
        if why := refusal(method, target, body, self.server.image, self.server.runtime):
            logger.warning("refused: %s", why)
            return self._refuse(why)
        with contextlib.suppress(OSError):
            self._pass_on(
                method, target, body, attaches=target.partition("?")[0].endswith("attach")
            )
        return None

    def _read_head(self) -> list[str]:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline(MOST_HEAD_BYTES)
            head += line
            if not line or len(head) > MOST_HEAD_BYTES:
                raise ValueError("no head of a request")
        return head.decode("latin-1").rstrip("\r\n").split("\r\n")

    def _refuse(self, why: str) -> None:
        body = json.dumps({"message": f"refused by the sandbox's gate: {why}"}).encode()
        head = f"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"  # noqa: E501
        with contextlib.suppress(OSError):
            self.wfile.write(head.encode() + body)

    def _pass_on(self, method: str, target: str, body: bytes, *, attaches: bool) -> None:
        """The request in our own words, so that nothing else can hide in it; then the answer."""
        connection = "Upgrade\r\nUpgrade: tcp" if attaches else "close"
        head = (
            f"{method} {target} HTTP/1.1\r\nHost: engine\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: {connection}\r\n\r\n"
        )
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(self.server.engine)
            engine.sendall(head.encode("latin-1") + body)
            first = engine.recv(CHUNK_BYTES)
            self.connection.settimeout(None)
            self.connection.sendall(first)
            agreed = attaches and first.split(b" ", 2)[1:2] in ([b"101"], [b"200"])
            _relay(self.connection, engine, both=agreed)


def _relay(client: socket.socket, engine: socket.socket, *, both: bool) -> None:
    """Until the engine has nothing more to say; what the client says goes on only with `both`."""
    watched = [client, engine]
    while engine in watched:
        for each in select.select(watched, [], [])[0]:
            data = each.recv(CHUNK_BYTES)
            if each is client and not data:
                watched.remove(client)
                if not both:
                    return
                engine.shutdown(socket.SHUT_WR)
            elif each is client and both:
                engine.sendall(data)
            elif each is engine:
                if not data:
                    return
                client.sendall(data)


class Gate(socketserver.ThreadingUnixStreamServer):
    """Listens at `path`; whoever may reach that file may come in."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path, engine: str, image: str, runtime: str = "") -> None:
        path.unlink(missing_ok=True)
        self.engine = engine
        self.image = image
        self.runtime = runtime
        super().__init__(str(path), Passage)
        path.chmod(0o666)
