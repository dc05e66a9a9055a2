"""Two sockets as one stream: both directions at once, each end's silence and death."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sandbox.gate import relay as relaying
from sandbox.gate.relay import relay

MUCH = b"x" * (4 * 1024 * 1024)


@dataclass
class Ends:
    """The far ends, and the thread that joins the near ones."""

    client: socket.socket
    engine: socket.socket
    thread: threading.Thread


@pytest.fixture
def ends() -> Iterator[Ends]:
    client, near_client = socket.socketpair()
    engine, near_engine = socket.socketpair()
    for far in (client, engine):
        far.settimeout(10)
    thread = threading.Thread(target=relay, args=(near_client, near_engine))
    thread.start()
    yield Ends(client, engine, thread)
    for each in (client, engine):
        each.close()
    thread.join(10)
    assert not thread.is_alive()
    for each in (near_client, near_engine):
        each.close()


def all_of(sock: socket.socket) -> bytes:
    heard = bytearray()
    while data := sock.recv(65_536):
        heard += data
    return bytes(heard)


def test_what_is_said_arrives_and_silence_too(ends: Ends) -> None:
    ends.client.sendall(b"input")
    ends.client.shutdown(socket.SHUT_WR)
    assert all_of(ends.engine) == b"input"
    ends.engine.sendall(b"output")
    ends.engine.close()
    assert all_of(ends.client) == b"output"


def test_neither_direction_holds_up_the_other(ends: Ends) -> None:
    far = (ends.client, ends.engine)
    floods = [threading.Thread(target=each.sendall, args=(MUCH,)) for each in far]
    for each in floods:
        each.start()
    # Nobody listens to the client's words before the engine's have all been heard.
    assert so_much_of(ends.client) == MUCH
    assert so_much_of(ends.engine) == MUCH
    for each in floods:
        each.join()


def so_much_of(sock: socket.socket) -> bytes:
    heard = bytearray()
    while len(heard) < len(MUCH) and (data := sock.recv(65_536)):
        heard += data
    return bytes(heard)


def test_a_client_that_is_gone_ends_the_stream_even_while_the_engine_is_silent(ends: Ends) -> None:
    ends.client.close()
    assert all_of(ends.engine) == b""
    ends.thread.join(10)
    assert not ends.thread.is_alive()


def test_a_client_that_is_gone_after_its_last_word_ends_it_too(ends: Ends) -> None:
    ends.client.shutdown(socket.SHUT_WR)
    assert all_of(ends.engine) == b""
    assert ends.thread.is_alive()
    ends.client.close()
    ends.thread.join(10)
    assert not ends.thread.is_alive()


def test_a_client_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relaying, "STALL_S", 1)
    (client, near_client), (engine, near_engine) = socket.socketpair(), socket.socketpair()
    with client, near_client, engine, near_engine:
        thread = threading.Thread(target=relay, args=(near_client, near_engine))
        thread.start()
        engine.settimeout(10)
        with pytest.raises(BrokenPipeError):
            engine.sendall(MUCH)
        thread.join(10)
        assert not thread.is_alive()
