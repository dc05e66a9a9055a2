"""Two sockets that become one stream."""

import contextlib
import select
import socket
import struct
import threading

CHUNK_BYTES = 64 * 1024
# Seconds in which an end takes something of what it is sent. To wait for its words has no bound:
# who types may think.
STALL_S = 60


def relay(client: socket.socket, engine: socket.socket) -> None:
    """Return when the engine has no more to say, or the client is gone or takes nothing more.

    Each direction has a thread: one that is full must not hold up the other.
    """
    for each in (client, engine):
        each.settimeout(None)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", STALL_S, 0))
    forth = threading.Thread(target=_forth, args=(client, engine), daemon=True)
    forth.start()
    with contextlib.suppress(OSError):
        _copy(engine, client)
    for each in (client, engine):
        _end(each)
    forth.join()


def _forth(client: socket.socket, engine: socket.socket) -> None:
    """What the client says; then its silence, until it is gone altogether."""
    with contextlib.suppress(OSError):
        _copy(client, engine)
        engine.shutdown(socket.SHUT_WR)
        gone = select.poll()
        gone.register(client, 0)  # hanging up is always told
        gone.poll()
    _end(engine)


def _copy(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(CHUNK_BYTES):
        target.sendall(data)


def _end(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
