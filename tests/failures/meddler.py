"""Stands between the web process and the model, and says things the model never said."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.sync.server import ServerConnection, serve

from bin.machine.serving import free_port

WORD = "response.output_text.delta"


@dataclass
class Meddler:
    """Lets every frame through; before the next word of an answer come those of `says`."""

    model_port: int
    port: int = field(default_factory=free_port)
    says: list[str | bytes] = field(default_factory=list)

    def __call__(self, near: ServerConnection) -> None:
        """One connection, until one of its ends is gone."""
        assert near.request
        url = f"ws://127.0.0.1:{self.model_port}{near.request.path}"
        key = {"Authorization": near.request.headers["Authorization"]}
        with connect(url, additional_headers=key, max_size=None, compression=None) as far:
            threading.Thread(target=_pass_on, args=(near, far), daemon=True).start()
            with contextlib.suppress(ConnectionClosed):
                for frame in far:
                    while self.says and WORD in str(frame):
                        near.send(self.says.pop(0))
                    near.send(frame)


def _pass_on(near: ServerConnection, far: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        for frame in near:
            far.send(frame)
    far.close()


@contextmanager
def meddler(model_port: int) -> Iterator[Meddler]:
    """One at work for the length of a block."""
    meddling = Meddler(model_port)
    server = serve(meddling, "127.0.0.1", meddling.port, max_size=None, compression=None)
    working = threading.Thread(target=server.serve_forever)
    working.start()
    try:
        yield meddling
    finally:
        server.shutdown()
        working.join()
