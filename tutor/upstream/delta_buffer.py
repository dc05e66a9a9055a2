"""The buffer between socket and session: gathers deltas, and holds them while none are taken."""

import asyncio
from collections.abc import Callable
from typing import Final

# The first piece goes on at once, the next ones together after this. Models send a piece every
# 20 ms or so: a delivery costs several times what a piece costs, and nobody sees so short a wait.
GATHER_S: Final = 0.040
# How long it takes to read what has come while reading was paused.
READ_S: Final = 0.002
# While the session takes nothing, so much is held; then the socket is not read any more.
HELD_CHARS: Final = 256 * 1024


class DeltaBuffer:
    """The deltas of one answer. `take` gets what was gathered; it returns False for «not now».

    While it gathers, the socket is not read, from `pause_reading` to `resume_reading`: reading all
    that has come meanwhile costs a fraction of reading it piece by piece.
    """

    def __init__(
        self,
        take: Callable[[str], bool],
        pause_reading: Callable[[], None] = lambda: None,
        resume_reading: Callable[[], None] = lambda: None,
    ) -> None:
        self._take = take
        self._pause_reading = pause_reading
        self._resume_reading = resume_reading
        # Whether reading is paused.
        self._is_paused = False
        # How often text was handed on. A short answer is over before there is anything to gain.
        self._handed_on = 0
        self._held: list[str] = []
        self._held_chars = 0
        # Runs while pieces are gathered; None if the next one may go on at once.
        self._timer: asyncio.TimerHandle | None = None
        # Set while there is room for more.
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def add(self, text: str) -> None:
        """Hand on a piece. Waits while too much is held."""
        self._held.append(text)
        self._held_chars += len(text)
        if self._timer is None:
            self.flush()
        if self._held_chars > HELD_CHARS:
            self._has_room.clear()
            await self._has_room.wait()

    def flush(self) -> None:
        """Hand on what is held, if anything is and it is taken."""
        self._stop()
        if not self._held:
            return
        if self._take("".join(self._held)):
            self.discard()
            self._handed_on += 1
            self._is_paused = self._handed_on > 1
        loop = asyncio.get_running_loop()
        if self._is_paused:
            self._pause_reading()
            self._timer = loop.call_later(GATHER_S - READ_S, self._resume_and_flush)
        else:
            self._timer = loop.call_later(GATHER_S, self.flush)

    def _resume_and_flush(self) -> None:
        """Let the socket be read; hand on what that brings."""
        self._stop()
        self._timer = asyncio.get_running_loop().call_later(READ_S, self.flush)

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._is_paused:
            self._is_paused = False
            self._resume_reading()

    def close(self) -> None:
        """Hand on nothing more: what is held is known by other means, or nobody waits for it."""
        self._take = _nobody
        self.discard()
        self._stop()

    def discard(self) -> None:
        """Forget what is held."""
        self._held, self._held_chars = [], 0
        self._has_room.set()


def _nobody(text: str) -> bool:
    return True
