"""Waiting for what only asking again can see: one way, with a deadline and a message."""

import asyncio
import time
from collections.abc import Callable

# Seconds between two looks: short beside anything that is waited for.
LOOK_S = 0.01


def wait_until(holds: Callable[[], object], within_s: float, message: str = "") -> float:
    """Return as soon as `holds()`: the seconds that took. Fails with `message` after `within_s`."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_s, _late(within_s, message)
        time.sleep(LOOK_S)
    return time.monotonic() - began


async def wait_here_until(holds: Callable[[], object], within_s: float, message: str = "") -> float:
    """The same for what happens in the caller's event loop."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_s, _late(within_s, message)
        await asyncio.sleep(LOOK_S)
    return time.monotonic() - began


def _late(within_s: float, message: str) -> str:
    return f"{message or 'not so'} (waited for {within_s:g} s)"
