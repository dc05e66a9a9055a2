"""Nudges for whoever follows a run, over the channel layer. The row is the truth."""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)


def notify(group: str, message: dict[str, Any]) -> None:
    """Send `message` to `group`. Never raises: a lost nudge must not cost a run.

    `message["type"]` is run.started, run.printed or run.finished; `message["key"]` the run's key.
    """
    try:
        layer = get_channel_layer()
        if layer is not None:
            async_to_sync(layer.group_send)(group, message)
    # Whatever layer is configured, it may fail in its own way.
    except Exception as error:  # noqa: BLE001
        logger.warning("%s was not announced: %s", message["type"], type(error).__name__)
