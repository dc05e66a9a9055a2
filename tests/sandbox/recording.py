"""Channel layers: one that remembers what was sent, one that fails, one that is slow."""

import asyncio
from typing import Any

from channels.layers import InMemoryChannelLayer

# What was sent since the test began: (group, message).
sent: list[tuple[str, dict[str, Any]]] = []


class RecordingLayer(InMemoryChannelLayer):
    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        sent.append((group, message))


class BrokenLayer(InMemoryChannelLayer):
    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        raise ConnectionError


class SlowLayer(RecordingLayer):
    """Takes its time for the first nudge of a run, and for ever where nobody answers."""

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if message["type"] == "run.started":
            await asyncio.sleep(0.1)
        if group == "silent":
            await asyncio.sleep(3600)
        await super().group_send(group, message)
