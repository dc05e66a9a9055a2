"""The drain of a server, whichever it is: nobody new is let in, turns end, pages are told,
connections close."""

import asyncio
from collections.abc import Callable
from typing import Final

from django.conf import settings

from tutor.web.consumers import drain

# How long browsers may take to answer the end of their connection.
CLOSE_HANDSHAKE_S: Final = 1.0
# While they may, the server's connections are counted this often: no server notifies anybody.
POLL_INTERVAL_S: Final = 0.02


async def drain_server(stop_listening: Callable[[], None], connections: Callable[[], int]) -> None:
    """Take no connection any more, end turns and close pages, then wait until `connections()` is
    0, but not for long.

    A process that has nothing to do is what a proxy sends everybody to, so the port closes first.
    The close frames are on their way; a browser answers them at once, a dead one never.
    """
    stop_listening()
    await drain(settings.DRAIN_S)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + CLOSE_HANDSHAKE_S
    while connections() and loop.time() < deadline:  # noqa: ASYNC110  # servers notify nobody
        await asyncio.sleep(POLL_INTERVAL_S)
