"""The user ids of programs: one for each container that exists at a time."""

import os
import threading

# The image has a name for each; no user of the host or of the web process is among them.
UIDS = range(20000, 20256)


class Uids:
    """Those that are in use. Another process on the same host begins somewhere else."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: set[int] = set()
        first = os.getpid() % len(UIDS)
        self._order: list[int] = [*UIDS[first:], *UIDS[:first]]

    def take(self) -> int:
        """One that nobody has; with all of them in use, one that somebody has too."""
        with self._lock:
            uid = next((uid for uid in self._order if uid not in self._used), self._order[0])
            self._used.add(uid)
            return uid

    def give_back(self, uid: int) -> None:
        with self._lock:
            self._used.discard(uid)


# Of this process.
uids = Uids()
