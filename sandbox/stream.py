"""The host's end of the wire: frames to and from an attached container."""

import contextlib
import hmac
import secrets
import select
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .inside.wire import (
    CASE,
    CHUNK_BYTES,
    END,
    FAILED,
    FILE,
    MAX_FRAME_BYTES,
    NONCE,
    NONCE_BYTES,
    READY,
    REPORT,
    STDERR,
    STDIN,
    STDOUT,
    Frames,
    WireError,
    encode,
)

if TYPE_CHECKING:
    import socket

Frame = tuple[int, bytes]

# Seconds after which an engine that does not take what it is sent counts as gone.
SEND_S = 30
# What may come while something is sent: more than a run says in all.
MOST_EARLY_BYTES = 2 * MAX_FRAME_BYTES
# Seconds from start to READY; far above what a busy machine needs.
START_S = 20.0
# The longest wait for frames, in seconds: how often the reader gets to do something else.
POLL_INTERVAL_S = 0.05


class ContainerStream:
    """The attached stdin and stdout of a container: frames of the wire in both directions.

    Raises WireError when the other end says what it must not, is silent for too long, or is gone.
    """

    def __init__(self, attached: Any) -> None:
        # What the engine's client gave; kept, because the connection ends when it is collected.
        self._attached = attached
        self._socket: socket.socket = getattr(attached, "_sock", attached)
        self._socket.settimeout(SEND_S)
        self._frames = Frames(READY, STDOUT, STDERR, REPORT, END, CASE, FILE, FAILED)
        # What the supervisor repeats with every end, and no program knows.
        self._nonce = secrets.token_bytes(NONCE_BYTES)
        # What has arrived of the engine's own packet that is not complete yet.
        self._packet = bytearray()
        # What came while something was sent. Whether the other end is gone, which may have said
        # all that there is to say.
        self._early = bytearray()
        self._gone = False

    def __enter__(self) -> "ContainerStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._attached.close()
        self._socket.close()

    def is_quiet(self) -> bool:
        """True if the other end is there and has sent nothing, as an idle container has."""
        try:
            return not (self._early or select.select([self._socket], [], [], 0)[0])
        except (OSError, ValueError):
            return False

    def send(self, kind: int, payload: bytes = b"") -> None:
        self.send_all([(kind, payload)])

    def send_all(self, frames: Iterable[Frame]) -> None:
        """Send them, and take what comes meanwhile: a program that is over before it has had all of
        its input leaves files, and both ends would wait for each other. Where the other end goes
        and has said something, that can be received."""
        data = memoryview(b"".join(encode(*frame) for frame in frames))
        deadline = time.monotonic() + SEND_S
        try:
            while data and not self._gone:
                data = data[self._send_some(data, deadline - time.monotonic()) :]
        except TimeoutError:
            raise WireError("the container does not take what it is sent") from None
        except OSError:
            self._gone = True
            with contextlib.suppress(OSError):
                self._early += self._socket.recv(CHUNK_BYTES)
            if not self._early:
                raise WireError("the container does not take what it is sent") from None

    def _send_some(self, data: memoryview, seconds: float) -> int:
        """How many bytes were taken, perhaps none. Raises OSError, WireError."""
        ends = [self._socket]
        readable, writable, _ = select.select(ends, ends, [], max(seconds, 0))
        if seconds <= 0 or not (readable or writable):
            raise TimeoutError
        if readable:
            if not (came := self._socket.recv(CHUNK_BYTES)):
                raise ConnectionError
            self._early += came
            if len(self._early) > MOST_EARLY_BYTES:
                raise WireError("the container says more than there is to say")
        return self._socket.send(data) if writable else 0

    def expect_ready(self) -> None:
        """Wait for the supervisor, and tell it the nonce."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            for kind, _ in self.receive():
                if kind != READY:
                    raise WireError(f"frame of kind {kind} before READY")
                self.send(NONCE, self._nonce)
                return
        raise WireError(f"not ready after {START_S:g} s")

    def receive(self, seconds: float = POLL_INTERVAL_S) -> list[Frame]:
        """The frames that arrive within so many `seconds`, ends without their nonce; perhaps
        none."""
        data, self._early = bytes(self._early), bytearray()
        if not data and not select.select([self._socket], [], [], seconds)[0]:
            return []
        with contextlib.suppress(OSError):
            data = data or self._socket.recv(CHUNK_BYTES)
        if not data:
            raise WireError("the container ended without a word")
        return [
            (kind, self._checked(kind, payload))
            for packet in self._unpack(data)
            for kind, payload in self._frames.feed(packet)
        ]

    def _checked(self, kind: int, payload: bytes) -> bytes:
        """The payload. Raises WireError for an end that is not the supervisor's, and where the
        supervisor gives up."""
        if kind == FAILED:
            reason = payload[:200].decode(errors="replace")
            raise WireError(f"the supervisor cannot work here: {reason!r}")
        if kind not in {CASE, END}:
            return payload
        if not hmac.compare_digest(payload[:NONCE_BYTES], self._nonce):
            raise WireError("an end that is not the supervisor's")
        return payload[NONCE_BYTES:]

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        """Take off the engine's headers: stream (1 is stdout), three zeros, length in 4 bytes."""
        self._packet += data
        while len(self._packet) >= 8:
            stream, end = self._packet[0], 8 + int.from_bytes(self._packet[4:8], "big")
            if stream != 1:
                raise WireError("the supervisor wrote to stderr")
            if len(self._packet) < end:
                return
            payload = bytes(self._packet[8:end])
            del self._packet[:end]
            yield payload


def input_frames(text: str) -> list[Frame]:
    """A program's whole input, and its end."""
    return [*([(STDIN, text.encode())] if text else []), (STDIN, b"")]
