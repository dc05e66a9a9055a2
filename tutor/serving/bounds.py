"""How much a client may send over HTTP, and how long it may take. Pure.

A student's page sends a few hundred bytes, all the rest over its socket. Only who uploads a course
sends more.
"""

from collections.abc import Callable
from typing import Final

from courses.bundle import MAX_ZIP_BYTES

# The body of any request …
MAX_BODY_BYTES: Final = 1024 * 1024
# … and of a course's upload, whose form has a few fields beside the file.
MAX_UPLOAD_BYTES: Final = MAX_ZIP_BYTES + MAX_BODY_BYTES
UPLOAD_PATH: Final = "/admin/courses/upload/add/"
# The request line and all headers.
MAX_HEADER_BYTES: Final = 16 * 1024
# Of a body that was refused, so much is still read, and for so long: who is cut off while sending
# may never see why.
MAX_SURPLUS_BYTES: Final = 4 * 1024 * 1024
SURPLUS_S: Final = 2.0

# A request has so many seconds from the opening of its connection, or from the answer before it …
GRACE_S: Final = 20.0
# … and a second more for so many bytes of it: a course of 20 MB has 43 minutes.
LEAST_BYTES_PER_S: Final = 8 * 1024
# After so long the kernel gives a client up that takes nothing of what it was sent.
UNREAD_S: Final = 30
# Connections without a complete request that one process keeps.
MAX_WAITING: Final = 1_000

TOO_LARGE: Final = b"This is more than the site takes.\n"


def most_body_bytes(path: str) -> int:
    """The bytes that the body of any request to `path` may have.

    Above MAX_BODY_BYTES, only those of somebody who may upload.
    """
    return MAX_UPLOAD_BYTES if path == UPLOAD_PATH else MAX_BODY_BYTES


def deadline(began: float, received: int) -> float:
    """When a request that began then must be complete, by the bytes that have come of it."""
    return began + GRACE_S + received / LEAST_BYTES_PER_S


class WaitingConnections:
    """The connections whose next request is not complete; no more than MAX_WAITING.

    Whoever has waited longest makes room: a browser sends its request at once, and opens another
    connection where an idle one was closed.
    """

    def __init__(self) -> None:
        # What closes each connection, in the order in which they began to wait.
        self._close: dict[object, Callable[[], None]] = {}

    def __len__(self) -> int:
        return len(self._close)

    def add(self, connection: object, close: Callable[[], None]) -> None:
        """A connection begins to wait. `close` may be called later, once, and ends its waiting."""
        self._close.pop(connection, None)
        self._close[connection] = close
        if len(self._close) > MAX_WAITING:
            self._close.pop(next(iter(self._close)))()

    def remove(self, connection: object) -> None:
        """Its request is complete, or it is gone."""
        self._close.pop(connection, None)
