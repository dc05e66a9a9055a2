"""A channel layer that remembers what was sent, and one that fails."""

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
