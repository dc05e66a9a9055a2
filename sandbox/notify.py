"""Nudges for whoever follows a run, over the channel layer. The row is the truth."""

import asyncio
import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

# Seconds after which a nudge is given up.
TIMEOUT_S = 0.5


def notify(group: str, message: dict[str, Any]) -> None:
    """Send `message` to `group`. Never raises: a lost nudge must not cost a run.

    `message["type"]` is run.started, run.printed or run.finished; `message["key"]` the run's key.
    """
    try:
        async_to_sync(_send)(group, message)
    # Whatever layer is configured, it may fail in its own way.
    except Exception as error:  # noqa: BLE001
        logger.warning("%s was not announced: %s", message["type"], type(error).__name__)


async def _send(group: str, message: dict[str, Any]) -> None:
    # A Redis that hangs is no reason to hold up a run.
    async with asyncio.timeout(TIMEOUT_S):
        if layer := get_channel_layer():
            await layer.group_send(group, message)
