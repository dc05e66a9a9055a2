"""A model of the tests, served to the pages of a classroom from a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tutor import emulator
from tutor.emulator import Model
from tutor.emulator.delivery import Pace

# So long may it take to begin, and to end.
PATIENCE_S = 30


@contextmanager
def served(model: Model, pace: Pace) -> Iterator[str]:
    """The address of the model for the length of a block, as OPENAI_BASE_URL."""
    started, urls = threading.Event(), list[str]()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with emulator.serve(model=model, pace=pace, record=False) as running:
            urls.append(running.base_url)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(PATIENCE_S)
    yield urls[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(PATIENCE_S)
    loop.close()
