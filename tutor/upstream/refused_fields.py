"""The fields of requests that the server does not take, remembered for a while."""

import functools
import json
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import structlog

from tutor.protocol.calls import Payload
from tutor.upstream.sansio.optional_fields import PER_REQUEST_FIELDS

log = structlog.get_logger()

# After so long it is tried again: a server, or the model behind it, may have learned it.
REMEMBERED_S: Final = 3_600.0
# More than all courses of a site set; it only bounds what is held.
MAX_REFUSALS: Final = 100


K = TypeVar("K")


class Refusals(Generic[K]):
    """What a server has refused in the last REMEMBERED_S, MAX_REFUSALS at most."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        # Until when each holds, in the order in which they came.
        self._until: dict[K, float] = {}

    def __bool__(self) -> bool:
        return bool(self._until)

    def __contains__(self, key: K) -> bool:
        return self._until.get(key, 0.0) > self._now()

    def add(self, key: K) -> None:
        self._until.pop(key, None)
        while len(self._until) >= MAX_REFUSALS:
            del self._until[next(iter(self._until))]
        self._until[key] = self._now() + REMEMBERED_S


class RefusedFields:
    """What was refused, for all students of the process. A field is told by its name and value: a
    server may know an effort of one course, and not that of another.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._refused: Refusals[tuple[str, str]] = Refusals(now)

    def note(self, sent: Payload, name: str) -> bool:
        """The server refused the field `name` of the fields `sent`. False if it was not there."""
        if name not in sent:
            return False
        key = _key(name, sent[name])
        if key not in self._refused:
            log.warning("upstream.field_refused", field=name, for_s=REMEMBERED_S)
            self._refused.add(key)
        return True

    def without(self, fields: Payload) -> Payload:
        """The fields that the server takes: the same object if those are all."""
        if not self._refused:
            return fields
        kept = {
            name: value for name, value in fields.items() if _key(name, value) not in self._refused
        }
        return fields if len(kept) == len(fields) else kept


@functools.cache
def refused_fields() -> RefusedFields:
    """What the server of this process has refused."""
    return RefusedFields()


def _key(name: str, value: object) -> tuple[str, str]:
    """Of a field that each student or lesson has another value of, the name alone."""
    return name, "" if name in PER_REQUEST_FIELDS else json.dumps(value)[:200]
