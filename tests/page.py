"""A page over a real socket to a real web process: what the tests of whole processes speak with."""

import http.cookiejar
import itertools
import json
import re
import socket
import struct
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.running import SAMPLE, Classroom
from tutor.protocol.frames import PROTOCOL

PATIENCE_S = 60
WRITES = {"say", "run", "check_code", "edit", "hint"}

_edits = itertools.count(1)


class Bases:
    """What a page's editors started from, as far as it has heard: what its writes name."""

    def __init__(self) -> None:
        self._here = ""
        # The revision, and the kept version or 0, by step.
        self._of: dict[str, tuple[int, int]] = {}

    def hear(self, frame: dict[str, Any]) -> None:
        match frame:
            case {"type": "hello"}:
                self._here = frame["step"]
                self._of = {step["id"]: (step["revision"], 0) for step in frame["steps"]}
            case {"type": "saved", "step": step, "revision": revision, "version": version}:
                self._of[step] = (revision, version)
            case {"type": "program", "step": step, "revision": revision}:
                # An editor that holds the program follows it.
                _, version = self._of.get(step, (0, 0))
                self._of[step] = (revision, version)

    def complete(self, frame: dict[str, Any]) -> dict[str, Any]:
        """A frame to be sent, with what it starts from if it is a write that does not say so."""
        if frame["type"] not in WRITES:
            return frame
        base, version = self._of.get(frame.get("step") or self._here, (0, 0))
        named = {"base": base, "version": version, "id": f"edit-{next(_edits):04}"}
        return (named if "base" not in frame else {"id": named["id"]}) | frame


class Page:
    """A page over a real socket to a real web process."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        # Every frame that was read.
        self.frames: list[dict[str, Any]] = []
        # What its editors started from.
        self.bases = Bases()

    def send(self, kind: str, **fields: Any) -> None:
        """Send a frame. A program starts from what this page has heard of, unless `base` says."""
        self._socket.send(json.dumps(self.bases.complete({"type": kind, **fields})))

    def next(self, *kinds: str, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next frame of these kinds; raises TimeoutError if it does not come in time."""
        deadline = time.monotonic() + within_s
        while True:
            patience = max(0.0, deadline - time.monotonic())
            frame: dict[str, Any] = json.loads(self._socket.recv(patience))
            self.frames.append(frame)
            self.bases.hear(frame)
            if not kinds or frame["type"] in kinds:
                return frame

    @property
    def last(self) -> dict[str, Any]:
        """The frame that was read last."""
        return self.frames[-1]

    def say(self, text: str, code: str = "", name: str = "question-1") -> None:
        self.send("say", id=name, text=text, code=code)

    def ready(self) -> None:
        """Wait until the tutor can answer."""
        while self.next("tutor")["state"] != "ready":
            pass

    def break_off(self) -> None:
        """Be gone without a word: the line is reset."""
        now = struct.pack("ii", 1, 0)  # linger for 0 s
        self._socket.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        self._socket.socket.shutdown(socket.SHUT_RD)
        self._socket.socket.close()

    def turn(self, *states: str) -> dict[str, Any]:
        while (frame := self.next("turn"))["state"] not in states:
            pass
        return frame

    def closed(self, within_s: float = PATIENCE_S) -> int | None:
        """The code with which the server closes the connection; None if without one."""
        try:
            while True:
                self.next(within_s=within_s)
        except ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else None

    def run_ended(self) -> dict[str, Any]:
        while (frame := self.next("run_changed"))["run"]["state"] in ("queued", "running"):
            pass
        run: dict[str, Any] = frame["run"]
        return run


def printed(run: dict[str, Any], stream: str = "stdout") -> str:
    """All that a run, as a page is shown it, has printed to `stream`."""
    return "".join(piece["text"] for piece in run["output"] if piece["stream"] == stream)


def log_in(room: Classroom, name: str) -> str:
    """The session cookie of a demo account."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    form = opener.open(f"{room.url}/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token
    fields = {"username": name, "password": name, "csrfmiddlewaretoken": token[1]}
    opener.open(f"{room.url}/login/", urllib.parse.urlencode(fields).encode()).read()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def log_out(room: Classroom, cookies: str) -> None:
    """End the session of these cookies, as the site's button does."""
    token = "a" * 32
    headers = {"Cookie": f"{cookies}; csrftoken={token}", "X-CSRFToken": token}
    asked = urllib.request.Request(f"{room.url}/logout/", b"", headers)  # noqa: S310  # loopback
    urllib.request.urlopen(asked, timeout=PATIENCE_S).close()  # noqa: S310  # the same


@contextmanager
def page(room: Classroom, cookies: str, *where: str, **options: Any) -> Iterator[Page]:
    """A page for the length of a block; see `socket_of`."""
    with socket_of(room, cookies, *where, **options) as socket:
        yield Page(socket)


@contextmanager
def socket_of(
    room: Classroom,
    cookies: str,
    lesson: str = "every-day-counts",
    origin: str = "",
    course: str = SAMPLE.name,
    **options: Any,
) -> Iterator[ClientConnection]:
    """A page's connection; options are those of websockets."""
    url = f"ws://127.0.0.1:{room.port}/ws/lessons/{course}/{lesson}?protocol={PROTOCOL}"
    headers = {"Cookie": cookies, "Origin": origin or room.url}
    with connect(url, additional_headers=headers, close_timeout=1, **options) as opened:
        assert isinstance(opened, ClientConnection)
        yield opened
