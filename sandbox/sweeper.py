"""Clears away, again and again, what workers that died have left on the engine."""

import threading

from . import container

# Seconds between two looks.
EVERY_S = 30.0
# Seconds in which a look that has begun is over, unless the engine hangs.
STOP_S = 3.0


class Sweeper:
    """A thread that sweeps while the worker works. Start and stop it as often as you like."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self.stop()
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._sweep, args=(self._stopping,), name="sandbox-sweeper", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join(STOP_S)
            self._thread = None

    def _sweep(self, stopping: threading.Event) -> None:
        while not stopping.wait(EVERY_S):
            container.sweep(None)
