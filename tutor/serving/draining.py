"""The drain of a server, whichever it is: turns end, pages are told, connections close."""

import asyncio
from collections.abc import Callable
from typing import Final

from django.conf import settings

from tutor.web.consumers import drain

# How long browsers may take to answer the end of their connection.
CLOSE_HANDSHAKE_S: Final = 1.0
# While they may, the server's connections are counted this often: no server notifies anybody.
POLL_INTERVAL_S: Final = 0.02


async def drain_server(connections: Callable[[], int]) -> None:
    """End turns and close pages, then wait until `connections()` is 0, but not for long.

    The close frames are on their way; a browser answers them at once, a dead one never.
    """
    await drain(settings.DRAIN_S)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + CLOSE_HANDSHAKE_S
    while connections() and loop.time() < deadline:  # noqa: ASYNC110  # servers notify nobody
        await asyncio.sleep(POLL_INTERVAL_S)
