"""The fields of requests that the server does not take, remembered for a while."""

import functools
import json
import time
from collections.abc import Callable
from typing import Final

import structlog

from tutor.protocol.events import Payload
from tutor.upstream.sansio.optional_fields import PER_REQUEST_FIELDS

log = structlog.get_logger()

# After so long it is tried again: a server, or the model behind it, may have learned it.
REMEMBERED_S: Final = 3_600.0
# More than all courses of a site set; it only bounds what is held.
MAX_REFUSALS: Final = 100


class RefusedFields:
    """What was refused, for all students of the process. A field is told by its name and value: a
    server may know an effort of one course, and not that of another.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # Until when each is left out, in the order in which they were refused.
        self._until: dict[tuple[str, str], float] = {}

    def note(self, sent: Payload, name: str) -> bool:
        """The server refused the field `name` of the fields `sent`. False if it was not there."""
        if name not in sent:
            return False
        key = _key(name, sent[name])
        if not self._is_refused(key):
            log.warning("upstream.field_refused", field=name, for_s=REMEMBERED_S)
            self._until.pop(key, None)
            while len(self._until) >= MAX_REFUSALS:
                del self._until[next(iter(self._until))]
            self._until[key] = self._now() + REMEMBERED_S
        return True

    def without(self, fields: Payload) -> Payload:
        """The fields that the server takes: the same object if those are all."""
        if not self._until:
            return fields
        kept = {
            name: value for name, value in fields.items() if not self._is_refused(_key(name, value))
        }
        return fields if len(kept) == len(fields) else kept

    def _is_refused(self, key: tuple[str, str]) -> bool:
        return self._until.get(key, 0.0) > self._now()


@functools.cache
def refused_fields() -> RefusedFields:
    """What the server of this process has refused."""
    return RefusedFields()


def _key(name: str, value: object) -> tuple[str, str]:
    """Of a field that each student or lesson has another value of, the name alone."""
    return name, "" if name in PER_REQUEST_FIELDS else json.dumps(value)[:200]
