"""The wire between the host and PID 1 of a container: frames of length, kind and payload.

Host                                        PID 1
                                            READY; or FAILED, then or whenever it cannot go on:
                                            the reason
NONCE                                       random bytes, which only PID 1 can repeat
JOB                                         the program, its files and limits; never a case
STDIN ... STDIN (empty)                     its input, and the end of that
                                            STDOUT, STDERR, as they come; FILE; END
CANCEL, at any time, is the last word.

A job with N cases goes on with N times:
STDIN ... STDIN (empty), BEGIN              one case: its input, its call
                                            STDOUT, STDERR, REPORT; CASE
and then END. The host sends a case when it has the CASE of the one before.

A series goes on, until CANCEL, with as many times as the host likes:
STDIN ... STDIN (empty), TIME, BEGIN        one program: its case's input, its time, then all else
                                            STDOUT, STDERR, REPORT; CASE
and then END. The host may send programs ahead: they wait unread in the pipe.

The payloads of CASE and END begin with the nonce: they are what the host goes by, and a program
whose bytes were ever taken for frames does not know it.
"""

import struct
from collections.abc import Iterator

HEADER = struct.Struct(">IB")
READY, STDOUT, STDERR, END, CASE, FILE, REPORT, FAILED = range(1, 9)  # from the supervisor
JOB, STDIN, CANCEL, BEGIN, NONCE, TIME = range(16, 22)  # towards it
# The payload of TIME: for how many milliseconds the next program may run.
TIME_MS = struct.Struct(">I")
NONCE_BYTES = 16
MAX_FRAME_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 32 * 1024
# Seconds for which the time of all cases stands still while the host is busy, in all.
HOST_S = 30.0
# Of what is kept of standard error this share is its end, where an exception is told.
TAIL_SHARE = 4
# The most that a case's process may report.
MOST_REPORT_BYTES = 1024 * 1024

OWN_DIR = "/opt/sandbox"  # where this package is in the image
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


def tail_bytes(output_bytes: int) -> int:
    """Of so much of standard error as is kept, the part that is kept of its end."""
    return output_bytes // TAIL_SHARE


def encode(kind: int, payload: bytes = b"") -> bytes:
    return HEADER.pack(len(payload), kind) + payload


def decode_header(header: bytes | bytearray, kinds: tuple[int, ...]) -> tuple[int, int]:
    """The length and the kind; raises WireError if they are not allowed."""
    length, kind = HEADER.unpack_from(header)
    if kind not in kinds or length > MAX_FRAME_BYTES:
        raise WireError(f"frame of kind {kind} and {length} bytes")
    return length, kind


class Frames:
    """Bytes in, frames out: (kind, payload). Raises WireError for a kind or length not allowed."""

    def __init__(self, *kinds: int) -> None:
        self._kinds = kinds
        # What has arrived of the frame that is not complete yet.
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            length, kind = decode_header(self._buffer, self._kinds)
            if len(self._buffer) < HEADER.size + length:
                return
            payload = bytes(self._buffer[HEADER.size : HEADER.size + length])
            del self._buffer[: HEADER.size + length]
            yield kind, payload
