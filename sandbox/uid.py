"""User ids of containers: one for each that exists at a time."""

import os
import threading

# The image has a name for each; no user of the host or of the web process is among them.
UIDS = range(20000, 20256)


class UidAllocator:
    """Hands out UIDS, one per container at a time. Processes of a host begin at different ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: set[int] = set()
        first = os.getpid() % len(UIDS)
        self._order: list[int] = [*UIDS[first:], *UIDS[:first]]

    def acquire(self) -> int:
        """A free id; one that is in use already if all are."""
        with self._lock:
            uid = next((uid for uid in self._order if uid not in self._used), self._order[0])
            self._used.add(uid)
            return uid

    def release(self, uid: int) -> None:
        with self._lock:
            self._used.discard(uid)


# Of this process.
uids = UidAllocator()
