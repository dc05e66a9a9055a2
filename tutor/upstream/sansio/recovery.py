"""What is asked instead of a request that was refused, and would be refused again. Pure.

Each refusal has its ways out, and each of them is tried once in a question, at once. It is no
retry: what is sent is another request.
"""

from collections import Counter
from enum import Enum, auto
from typing import Final, assert_never

from tutor.method.facts_role import ROLES
from tutor.upstream.sansio.causes import Cause
from tutor.upstream.sansio.parse import ResponseFailed


class Remedy(Enum):
    """How a request is changed before it is sent again."""

    NEW_SOCKET = auto()  # the same over another socket
    EVERYTHING = auto()  # everything instead of what is new
    WITHOUT_FIELD = auto()  # without a field that the server does not take
    OTHER_ROLE = auto()  # with facts in another role
    UNSEALED = auto()  # without what only another key can open
    COMPACTED = auto()  # with less in place of the earlier turns
    LAST_TURN = auto()  # without the earlier turns
    LAST_TURN_ON_TRIAL = auto()  # the same, and only if that is answered also from then on


# So many roles may be tried after the first.
OTHER_ROLES: Final = len(ROLES) - 1
# A socket forgets what it held when it has refused a request: everything is sent anyway.
LASTING: Final = frozenset({Remedy.UNSEALED, Remedy.COMPACTED, Remedy.LAST_TURN})


class Recovery:
    """The ways out of one question that are left."""

    def __init__(self) -> None:
        # How often each was tried, with the field it is about, if it is about one.
        self._tried: Counter[tuple[Remedy, str]] = Counter()

    def next(
        self, failure: ResponseFailed, *, is_continuation: bool, has_begun: bool
    ) -> Remedy | None:
        """The next way out; None if there is none. See `remedies`."""
        for way in remedies(failure, is_continuation, has_begun):
            tried = way, failure.param if way is Remedy.WITHOUT_FIELD else ""
            if self._tried[tried] < (OTHER_ROLES if way is Remedy.OTHER_ROLE else 1):
                self._tried[tried] += 1
                return way
        return None


def remedies(failure: ResponseFailed, is_continuation: bool, has_begun: bool) -> tuple[Remedy, ...]:
    """The ways out of a refusal, in the order in which they are tried.

    `is_continuation`: the request sent only what was new since another response. `has_begun`: a
    response to it had begun, so that it was understood.
    """
    everything = (Remedy.EVERYTHING,) if is_continuation and not has_begun else ()
    shorter = () if has_begun else (Remedy.LAST_TURN_ON_TRIAL,)
    match failure.cause:
        case Cause.SOCKET_TOO_OLD:
            return (Remedy.NEW_SOCKET,)
        case Cause.SEALED:
            return (Remedy.UNSEALED, *everything, *shorter)
        case Cause.TOO_LONG:
            return (Remedy.COMPACTED, Remedy.LAST_TURN)
        case Cause.NOT_FOUND:
            return everything
        case Cause.FIELD if not has_begun:
            return (Remedy.WITHOUT_FIELD, *everything, *shorter)
        case Cause.ROLE:
            # Gateways begin a response before they have asked the server behind them.
            return (Remedy.OTHER_ROLE, *everything, *shorter)
        case Cause.REFUSED | Cause.FIELD:
            # It may be anything of what was told; first what servers differ in most.
            return () if has_begun else (*everything, Remedy.UNSEALED, *shorter)
        case Cause.UNKNOWN | Cause.NOT_SERVED:
            return ()
        case _:
            assert_never(failure.cause)
