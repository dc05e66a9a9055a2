"""Passwords hashed, a few at a time: one takes half a second of a core, whoever asks for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

# So long a class that logs in at once may stand in line, and so many may stand there.
WAIT_S: Final = 20.0
MAX_WAITING: Final = 60


class Busy(Exception):
    """Too many passwords are being hashed; try again in a few seconds."""


class Line:
    """A few that are served at a time, and a line of the others with a bound in length and time."""

    def __init__(self, served: int) -> None:
        self._served = threading.BoundedSemaphore(served)
        self._lock = threading.Lock()
        self._waiting = 0

    @contextmanager
    def served(self) -> Iterator[None]:
        """Wait for one's turn. Raises Busy."""
        with self._lock:
            if self._waiting >= MAX_WAITING:
                raise Busy
            self._waiting += 1
        try:
            is_served = self._served.acquire(timeout=WAIT_S)
        finally:
            with self._lock:
                self._waiting -= 1
        if not is_served:
            raise Busy
        try:
            yield
        finally:
            self._served.release()


line = Line(settings.PASSWORDS_AT_A_TIME)


class BoundedHasher(PBKDF2PasswordHasher):
    """Django's own, in line: whatever hashes, a log-in, a new password, an account of the demo."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Raises Busy."""
        with line.served():
            return super().encode(password, salt, iterations)
