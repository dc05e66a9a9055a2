"""What has become of the rows of the runs that a process has on: one look for all of them."""

import logging
import threading
import time
from typing import NamedTuple
from uuid import UUID

from django.db import Error, close_old_connections

from .models import Run

logger = logging.getLogger(__name__)


class Seen(NamedTuple):
    """What a row said that whoever executes its run must know."""

    cancel_requested: bool = False
    typed_bytes: int = 0
    input_ended: bool = False


class Lookout:
    """Looks at the rows of all that have asked since the last look, however many they are.

    For many threads. Whoever asks when a look is due takes it; nobody waits for another one's.
    """

    def __init__(self) -> None:
        # Held by who looks; guards what follows but for `_asked`, to which anybody adds.
        self._looking = threading.Lock()
        self._looked = 0.0
        self._asked: set[UUID] = set()
        self._seen: dict[UUID, Seen] = {}

    def seen(self, run_id: UUID, every_s: float) -> Seen:
        """What the row said when it was looked at last; it is looked at again after `every_s`."""
        self._asked.add(run_id)
        if time.monotonic() - self._looked >= every_s and self._looking.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._looking.release()
        return self._seen.get(run_id, Seen())

    def _look(self) -> None:
        self._looked = time.monotonic()
        asked, self._asked = self._asked, set()
        try:
            # A copy: somebody may be adding to it still.
            rows = Run.objects.filter(pk__in=[*asked]).values_list("pk", *Seen._fields)
            self._seen = {pk: Seen(*facts) for pk, *facts in rows}
        except Error as error:
            complain("the runs cannot be looked up", error)


def complain(what: str, error: Error) -> None:
    """Say so, and let go of a connection that is broken, so that the next look has another one."""
    logger.warning("%s: %s", what, type(error).__name__)
    close_old_connections()
