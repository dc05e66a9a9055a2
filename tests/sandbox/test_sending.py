"""What comes while something is sent: neither end waits for the other."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from sandbox import container, stream
from sandbox.inside.wire import STDIN, STDOUT, WireError, encode
from sandbox.job import Job, Limits, Status
from sandbox.stream import ContainerStream

# More than there is room for on the way, in one direction.
MUCH = b"x" * 2**20
# A program that is over before it has had its input, and leaves more than that way has room for.
LEAVES = """\
import os
for number in range(3):
    with open(f"{number}.bin", "wb") as file:
        file.truncate(2 * 2**20 - 10)
os._exit(0)
"""

Ends = tuple[ContainerStream, socket.socket]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    monkeypatch.setattr(stream, "SEND_S", 2)
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    with ContainerStream(ours) as line, theirs:
        yield line, theirs


def said(payload: bytes) -> bytes:
    frame = encode(STDOUT, payload)
    return b"\1\0\0\0" + len(frame).to_bytes(4, "big") + frame


def test_both_ends_may_speak_at_once(ends: Ends) -> None:
    line, theirs = ends
    heard = bytearray()

    def speak_then_listen() -> None:
        theirs.sendall(said(MUCH))
        while len(heard) < len(encode(STDIN, MUCH)):
            heard.extend(theirs.recv(2**20))

    speaker = threading.Thread(target=speak_then_listen)
    speaker.start()
    try:
        line.send(STDIN, MUCH)
    finally:
        theirs.shutdown(socket.SHUT_RD)
        speaker.join()
    assert not line.is_quiet()
    # The last of it may be on the way still when all of ours has been taken.
    received = next(filter(None, (line.receive() for _ in range(100))))
    assert received == [(STDOUT, MUCH)]
    assert bytes(heard) == encode(STDIN, MUCH)


def test_the_last_word_of_an_end_that_goes_is_heard(ends: Ends) -> None:
    line, theirs = ends
    theirs.sendall(said(b"the end"))
    theirs.close()
    line.send(STDIN, MUCH)
    line.send(STDIN, b"it is gone already")
    assert line.receive() == [(STDOUT, b"the end")]
    with pytest.raises(WireError, match="without a word"):
        line.receive()


def test_an_end_that_goes_without_a_word_takes_nothing(ends: Ends) -> None:
    line, theirs = ends
    theirs.close()
    with pytest.raises(WireError, match="does not take"):
        line.send(STDIN, MUCH)


def test_an_end_that_listens_to_nothing_is_given_up(ends: Ends) -> None:
    line, theirs = ends
    theirs.sendall(said(b"a word"))
    with pytest.raises(WireError, match="does not take"):
        line.send(STDIN, MUCH)


def test_an_end_that_only_talks_is_given_up(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_EARLY_BYTES", 1000)
    line, theirs = ends

    def talk() -> None:
        with suppress(OSError):
            theirs.sendall(said(MUCH))

    speaker = threading.Thread(target=talk)
    speaker.start()
    with pytest.raises(WireError, match="more than there is to say"):
        line.send(STDIN, MUCH)
    theirs.shutdown(socket.SHUT_RDWR)
    speaker.join()


@pytest.mark.docker
def test_files_of_a_program_that_reads_none_of_its_input_arrive(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SEND_S", 10)
    job = Job(LEAVES, MUCH.decode(), Limits(wall_s=20), interactive=True)
    result = container.run(job, image=image)
    assert (result.status, len(result.files)) == (Status.OK, 3)
