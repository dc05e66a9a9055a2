"""A thread of the worker's own, beside those that execute runs."""

import threading
from collections.abc import Callable

# Seconds in which what such a thread has begun is over, unless engine or database hang.
STOP_S = 3.0


class BackgroundThread:
    """A thread that works while the worker works. Start and stop it as often as you like."""

    def __init__(self, name: str) -> None:
        self._name = name
        # Set when the thread is to end; each thread has its own.
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, work: Callable[[threading.Event], None]) -> None:
        """Call `work` in a new thread; it returns soon after its event is set."""
        self.stop()
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=work, args=(self._stopping,), name=self._name, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Wait for its end, STOP_S at most. One that does not run is no error."""
        self._stopping.set()
        if self._thread:
            self._thread.join(STOP_S)
            self._thread = None
