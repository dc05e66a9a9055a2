"""What goes through PID 1 unread: the kernel moves it from pipe to pipe.

The process of every case is a copy of PID 1. What PID 1 has never read, no copy of it can hold:
neither the cases, nor what an earlier one has printed or reported.
"""

import json
import os
import select
from typing import TYPE_CHECKING, Any

from .wire import (
    BEGIN,
    CANCEL,
    CHUNK_BYTES,
    HEADER,
    JOB,
    READY,
    STDIN,
    decode_header,
    encode,
)

if TYPE_CHECKING:
    from .running import Ahead

FROM_HOST, TO_HOST = 0, 1


class Outlet:
    """The way to the host: frames of PID 1's own, and those filled from a child's pipe. They are on
    their way after `flush`, or when there are too many to wait."""

    def __init__(self) -> None:
        # Between a child's pipe and the frame: a child may take back what it has printed, so how
        # much there is of it is only known here, out of its reach.
        self._filled, self._fill = os.pipe()
        # Frames that wait: whoever reads them is woken once for all of them.
        self._waiting, self._wait = os.pipe()
        os.set_blocking(self._wait, False)
        self._bytes_waiting = 0
        self.nowhere = os.open(os.devnull, os.O_WRONLY)

    def send(self, kind: int, payload: bytes = b"") -> None:
        """A frame of PID 1's own, on its way at once."""
        frame = encode(kind, payload)
        if len(frame) <= select.PIPE_BUF:
            self._put(frame)
            self.flush()
            return
        self.flush()
        data = memoryview(frame)
        while data:
            data = data[os.write(TO_HOST, data) :]

    def send_ready(self) -> bool:
        """Say READY the way all output goes; where that way is closed, say why. There is no other:
        to read and write instead would leave one case's data for the next."""
        try:
            probe(self.nowhere)
            self.send(READY)
        except OSError as error:
            why = f"the kernel moves nothing between pipes: {error}"
            os.write(TO_HOST, encode(READY, why.encode()))
            return False
        return True

    def pass_on(self, kind: int, pipe: int, most: int) -> int:
        """One frame of what is in `pipe`; how many bytes, 0 at its end.

        Raises BlockingIOError if there is nothing in it now.
        """
        moved = left = os.splice(pipe, self._fill, most, flags=os.SPLICE_F_NONBLOCK)
        if moved:
            self._put(HEADER.pack(moved, kind))
        while left:
            try:
                more = os.splice(self._filled, self._wait, left, flags=os.SPLICE_F_NONBLOCK)
            except BlockingIOError:
                self.flush()
            else:
                left -= more
                self._bytes_waiting += more
        return moved

    def drop(self, pipe: int) -> int:
        """The same for what nobody is to see."""
        return os.splice(pipe, self.nowhere, CHUNK_BYTES, flags=os.SPLICE_F_NONBLOCK)

    def flush(self) -> None:
        while self._bytes_waiting:
            self._bytes_waiting -= os.splice(self._waiting, TO_HOST, self._bytes_waiting)

    def _put(self, data: bytes) -> None:
        """Let so few bytes wait that they are written at once or not at all."""
        try:
            os.write(self._wait, data)
        except BlockingIOError:
            self.flush()
            os.write(self._wait, data)
        self._bytes_waiting += len(data)


def probe(nowhere: int) -> None:
    """Raise OSError unless the kernel can move what the host sends; it has sent nothing yet."""
    try:
        os.splice(FROM_HOST, nowhere, 1, flags=os.SPLICE_F_NONBLOCK)
    except BlockingIOError:
        return


class Inbox:
    """The way from the host: one frame at a time and never beyond its end. The payloads of STDIN
    and BEGIN go straight to a child. Exits when the host is gone: nobody is left to run for."""

    def __init__(self, nowhere: int) -> None:
        self._nowhere = nowhere
        # What has arrived of a header, what it says, and how much of the payload is to come.
        self._header = bytearray()
        self._kind = self._left = 0
        self._job = bytearray()

    def take(self, child: "Ahead | None", *kinds: int) -> int | None:
        """Take what has arrived of one frame; its kind if that is all of it. Waits for something.

        Without a child nobody gets the payload. Raises WireError for other `kinds`.
        """
        if len(self._header) < HEADER.size:
            self._header += _some(HEADER.size - len(self._header))
            if len(self._header) < HEADER.size:
                return None
            self._left, self._kind = decode_header(self._header, kinds)
            if self._kind == STDIN and not self._left and child:
                child.input_ended = True
        else:
            self._left -= self._move(child)
        if self._left:
            return None
        self._header.clear()
        return self._kind

    def wait(self, child: "Ahead | None") -> int:
        """BEGIN or CANCEL, whichever comes next and has been taken; the child's input before it."""
        while True:
            kind = self.take(child, STDIN, BEGIN, CANCEL)
            if kind in (BEGIN, CANCEL):
                return kind

    def fill(self, child: "Ahead") -> int:
        """Take all of the child's input; STDIN, or CANCEL if that has come instead."""
        while not child.input_ended:
            if self.take(child, STDIN, CANCEL) == CANCEL:
                return CANCEL
        return STDIN

    def receive_job(self) -> dict[str, Any]:
        while self.take(None, JOB) is None:
            pass
        job: dict[str, Any] = json.loads(self._job)
        self._job.clear()
        return job

    def _move(self, child: "Ahead | None") -> int:
        if self._kind == JOB:
            data = _some(min(self._left, CHUNK_BYTES))
            self._job += data
            return len(data)
        target = self._nowhere
        if child:
            target = {STDIN: child.input, BEGIN: child.orders}[self._kind]
        try:
            moved = os.splice(FROM_HOST, target, self._left)
        except BrokenPipeError:  # a child that has died needs no case
            moved = os.splice(FROM_HOST, self._nowhere, self._left)
        if not moved:
            os._exit(0)
        if self._kind == STDIN and child:
            child.received += moved
        return moved


def _some(most: int) -> bytes:
    data = os.read(FROM_HOST, most)
    if not data:
        os._exit(0)
    return data
