"""Pieces of an answer on their way to the session: gathered, and held back while it takes none."""

import asyncio
from collections.abc import Callable
from typing import Final

# The first piece goes on at once, the next ones together after this. Models send a piece every
# 20 ms or so: a delivery costs several times what a piece costs, and nobody sees so short a wait.
GATHER_S: Final = 0.040
# While the session takes nothing, so much is held; then the socket is not read any more.
HELD_CHARS: Final = 256 * 1024


class Pieces:
    """The way of one answer's text. `take` gets what was gathered; False: not now."""

    def __init__(self, take: Callable[[str], bool]) -> None:
        self._take = take
        self._held: list[str] = []
        self._held_chars = 0
        # Runs while pieces are gathered; None if the next one may go on at once.
        self._timer: asyncio.TimerHandle | None = None
        # Set while there is room for more.
        self._room = asyncio.Event()
        self._room.set()

    async def add(self, text: str) -> None:
        """Hand on a piece. Waits while too much is held."""
        self._held.append(text)
        self._held_chars += len(text)
        if self._timer is None:
            self.flush()
        if self._held_chars > HELD_CHARS:
            self._room.clear()
            await self._room.wait()

    def flush(self) -> None:
        """Hand on what is held, if anything is and it is taken."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if not self._held:
            return
        if self._take("".join(self._held)):
            self.drop()
        self._timer = asyncio.get_running_loop().call_later(GATHER_S, self.flush)

    def close(self) -> None:
        """Hand on nothing more: what is held is known by other means, or nobody waits for it."""
        self._take = _nobody
        self.drop()
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def drop(self) -> None:
        """Forget what is held."""
        self._held, self._held_chars = [], 0
        self._room.set()


def _nobody(text: str) -> bool:
    return True
