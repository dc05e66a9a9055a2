"""Bytes that pass PID 1 unread: the kernel copies them into files in memory and out of them.

The process of every case is a copy of PID 1. What PID 1 has never read, no copy of it can hold:
neither the cases, nor what an earlier one has printed or reported.

A pipe carries more than bytes. Its buffers have flags, which a program can set and which travel
from pipe to pipe (a packet that is read in part loses its rest), and can be pages that the program
goes on writing to. So no buffer of a program's is ever passed on: bytes are copied out of it.
"""

import json
import os
from typing import Any, Protocol

from .wire import (
    BEGIN,
    CANCEL,
    CHUNK_BYTES,
    FAILED,
    HEADER,
    JOB,
    NONCE,
    NONCE_BYTES,
    READY,
    STDIN,
    TIME,
    TIME_MS,
    WireError,
    decode_header,
    encode,
)

FROM_HOST, TO_HOST = 0, 1
# So much waits to be sent at most, but for one frame.
MOST_WAITING = 2 * CHUNK_BYTES


class HostWriter:
    """The way to the host: frames of PID 1's own, and those filled from a child's pipe. They are on
    their way after `flush`, or when there are too many to wait."""

    def __init__(self) -> None:
        # Frames that wait, in a file of no name: whoever reads them is woken once for all of them.
        self._frames = os.memfd_create("frames")
        self._waiting = 0
        # What proves to the host that a frame is PID 1's own; never read, lest a copy knows it too.
        self.nonce = os.memfd_create("nonce")
        self.nowhere = os.open(os.devnull, os.O_WRONLY)

    def send(self, kind: int, payload: bytes = b"") -> None:
        """A frame of PID 1's own, on its way at once."""
        self._put(encode(kind, payload))
        self.flush()

    def send_end(self, kind: int, facts: dict[str, Any]) -> None:
        """A frame that the host goes by, with the nonce: CASE or END."""
        payload = json.dumps(facts).encode()
        self._put(HEADER.pack(NONCE_BYTES + len(payload), kind))
        copied = os.copy_file_range(self.nonce, self._frames, NONCE_BYTES, 0, self._waiting)
        if copied != NONCE_BYTES:
            raise WireError("the nonce is not whole")
        self._waiting += copied
        self._put(payload)
        self.flush()

    def send_ready(self) -> bool:
        """Say READY the way all output goes; where that way is closed, say why. There is no other:
        to read and write instead would leave one case's data for the next."""
        try:
            probe(self._frames)
            self.send(READY)
        except OSError as error:
            self.give_up(f"the kernel moves nothing between pipes: {error}")
            return False
        return True

    def give_up(self, why: str) -> None:
        """Say FAILED, behind what is on its way: what only waits is lost."""
        os.write(TO_HOST, encode(FAILED, why.encode()))

    def pass_on(self, kind: int, pipe: int, most: int) -> int:
        """One frame of what is in `pipe`; how many bytes, 0 at its end.

        Raises BlockingIOError if there is nothing in it now.
        """
        # The kernel says how much it has copied, and only then is that announced: a child may take
        # back what it has printed.
        begin = self._waiting + HEADER.size
        copied = os.splice(
            pipe, self._frames, min(most, MOST_WAITING), offset_dst=begin,
            flags=os.SPLICE_F_NONBLOCK,
        )  # fmt: skip
        if copied:
            self._put(HEADER.pack(copied, kind))
            self._waiting += copied
        if self._waiting >= MOST_WAITING:
            self.flush()
        return copied

    def copy(self, kind: int, file: int, begin: int, size: int) -> None:
        """One frame of so much of `file`."""
        if not size:
            return
        self._put(HEADER.pack(size, kind))
        while size:
            copied = os.copy_file_range(file, self._frames, size, begin, self._waiting)
            self._waiting, begin, size = self._waiting + copied, begin + copied, size - copied
        if self._waiting >= MOST_WAITING:
            self.flush()

    def drop(self, pipe: int) -> int:
        """The same for what nobody is to see."""
        return os.splice(pipe, self.nowhere, CHUNK_BYTES, flags=os.SPLICE_F_NONBLOCK)

    def flush(self) -> None:
        sent = 0
        while sent < self._waiting:
            sent += os.splice(self._frames, TO_HOST, self._waiting - sent, offset_src=sent)
        # The pages on their way stay as they are: what waits next is written to other ones.
        os.ftruncate(self._frames, 0)
        self._waiting = 0

    def _put(self, data: bytes) -> None:
        while data:
            written = os.pwrite(self._frames, data, self._waiting)
            self._waiting += written
            data = data[written:]


class Tail:
    """The last `size` bytes of a stream, in a file of no name that is written round and round."""

    def __init__(self, size: int) -> None:
        self.file = os.memfd_create("tail")
        self._size = size
        self._written = 0

    def keep(self, pipe: int) -> int:
        """Take some of what is in `pipe`; how many bytes, 0 at its end.

        Raises BlockingIOError if there is nothing in it now.
        """
        place = self._written % self._size
        copied = os.splice(
            pipe, self.file, self._size - place, offset_dst=place, flags=os.SPLICE_F_NONBLOCK
        )
        self._written += copied
        return copied

    def pass_on(self, kind: int, writer: HostWriter) -> None:
        """The bytes, in their order."""
        place = self._written % self._size
        if self._written >= self._size:
            writer.copy(kind, self.file, place, self._size - place)
        writer.copy(kind, self.file, 0, place)


def probe(file: int) -> None:
    """Raise OSError unless the kernel can move what the host sends; it has sent nothing yet."""
    try:
        os.splice(FROM_HOST, file, 1, flags=os.SPLICE_F_NONBLOCK)
    except BlockingIOError:
        return


class Child(Protocol):
    """A process that gets payloads of the host: see `running.ForkedInterpreter`."""

    # Where its input is gathered, and where its orders go; file descriptors.
    input: int
    orders: int
    # Bytes of its input so far; True after the last of them.
    received: int
    input_ended: bool


class HostReader:
    """The way from the host: one frame at a time and never beyond its end. The payloads of STDIN
    and BEGIN go straight to a child, that of NONCE into a file. Exits when the host is gone: nobody
    is left to run for."""

    def __init__(self, nonce: int, nowhere: int) -> None:
        self._nonce = nonce
        self._nowhere = nowhere
        # What has arrived of a header, what it says, and how much of the payload is to come.
        self._header = bytearray()
        self._kind = self._left = 0
        # Who gets the payload; None where nobody does.
        self._child: Child | None = None
        self._job = bytearray()
        self._time = bytearray()

    def take(self, child: Child | None, *kinds: int) -> int | None:
        """Take what has arrived of one frame; its kind if that is all of it. Waits for something.

        Without a child nobody gets the payload. Raises WireError for other `kinds`, and for input
        of a child that has had all of its own.
        """
        if len(self._header) < HEADER.size:
            self._header += _some(HEADER.size - len(self._header))
            if len(self._header) < HEADER.size:
                return None
            self._left, self._kind = decode_header(self._header, kinds)
            self._child = child
            if self._kind == STDIN and child:
                if child.input_ended:
                    raise WireError(f"frame of kind {STDIN} after the end of the input")
                child.input_ended = not self._left
        else:
            self._left -= self._move(self._child)
        if self._left:
            return None
        self._header.clear()
        return self._kind

    def wait(self, child: Child | None) -> int:
        """BEGIN or CANCEL, whichever comes next and has been taken; the child's input before it."""
        while True:
            kind = self.take(child, STDIN, BEGIN, CANCEL)
            if kind in (BEGIN, CANCEL):
                return kind

    def wait_for_program(self, child: Child) -> float | None:
        """The seconds that the next program has, which is with the child now; None where CANCEL
        has come instead. Of a program PID 1 reads no more than that."""
        self._time.clear()
        while (kind := self.take(child, STDIN, TIME, BEGIN, CANCEL)) not in (BEGIN, CANCEL):
            pass
        if kind == CANCEL:
            return None
        if len(self._time) != TIME_MS.size:
            raise WireError("a program without its time")
        return float(TIME_MS.unpack(self._time)[0] / 1000)

    def fill(self, child: Child) -> int:
        """Take all of the child's input; STDIN, or CANCEL if that has come instead."""
        while not child.input_ended:
            if self.take(child, STDIN, CANCEL) == CANCEL:
                return CANCEL
        return STDIN

    def receive_job(self) -> dict[str, Any]:
        while self.take(None, NONCE) is None:
            pass
        while self.take(None, JOB) is None:
            pass
        # A host of an earlier release says nothing of series.
        job: dict[str, Any] = {"series": False} | json.loads(self._job)
        self._job.clear()
        return job

    def _move(self, child: Child | None) -> int:
        if (read := {JOB: self._job, TIME: self._time}.get(self._kind)) is not None:
            data = _some(min(self._left, CHUNK_BYTES))
            read += data
            return len(data)
        target = self._nonce if self._kind == NONCE else self._nowhere
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
