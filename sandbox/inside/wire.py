"""The wire between the host and PID 1 of a container: frames of length, kind and payload."""

import struct
from collections.abc import Iterator

HEADER = struct.Struct(">IB")
READY, STDOUT, STDERR, END, CASE, FILE = 1, 2, 3, 4, 5, 6  # from the supervisor
JOB, STDIN, CANCEL = 16, 17, 18  # towards it
MAX_FRAME_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 32 * 1024

PROGRAM_DIR = "/tmp"  # noqa: S108  # the container's own tmpfs, its only writable place
PROGRAM_NAME = "main.py"  # of a program in Python
PROGRAM_PATH = f"{PROGRAM_DIR}/{PROGRAM_NAME}"

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": PROGRAM_DIR,
    "LANG": "C.UTF-8",
    # Libraries for arithmetic start a thread per core of the host unless told otherwise.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class WireError(Exception):
    """The other end sent what the wire does not allow. There is no way to go on."""


def encode(kind: int, payload: bytes = b"") -> bytes:
    return HEADER.pack(len(payload), kind) + payload


class Frames:
    """Bytes in, frames out: (kind, payload). Raises WireError for a kind or length not allowed."""

    def __init__(self, *kinds: int) -> None:
        self._kinds = kinds
        # What has arrived of the frame that is not complete yet.
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            length, kind = HEADER.unpack_from(self._buffer)
            if kind not in self._kinds or length > MAX_FRAME_BYTES:
                raise WireError(f"frame of kind {kind} and {length} bytes")
            if len(self._buffer) < HEADER.size + length:
                return
            payload = bytes(self._buffer[HEADER.size : HEADER.size + length])
            del self._buffer[: HEADER.size + length]
            yield kind, payload
