"""The remedies of a refusal, each tried once."""

import pytest

from tutor.upstream.sansio import parse
from tutor.upstream.sansio.causes import Cause
from tutor.upstream.sansio.recovery import Recovery, Remedy

ON_TRIAL = Remedy.LAST_TURN_ON_TRIAL


@pytest.mark.parametrize(
    ("cause", "continues", "began", "ways"),
    [
        (Cause.NOT_FOUND, True, False, [Remedy.EVERYTHING]),
        (Cause.REFUSED, True, False, [Remedy.EVERYTHING, Remedy.UNSEALED, ON_TRIAL]),
        (Cause.REFUSED, True, True, []),
        (Cause.REFUSED, False, False, [Remedy.UNSEALED, ON_TRIAL]),
        (Cause.SEALED, True, False, [Remedy.UNSEALED, Remedy.EVERYTHING, ON_TRIAL]),
        (Cause.SEALED, False, True, [Remedy.UNSEALED]),
        (Cause.TOO_LONG, True, False, [Remedy.COMPACTED, Remedy.LAST_TURN]),
        (Cause.SOCKET_TOO_OLD, False, True, [Remedy.NEW_SOCKET]),
        (Cause.UNKNOWN, True, False, []),
        # Of three roles there are two others.
        (Cause.ROLE, False, True, [Remedy.OTHER_ROLE] * 2),
        (Cause.ROLE, True, False, [Remedy.OTHER_ROLE] * 2 + [Remedy.EVERYTHING, ON_TRIAL]),
    ],
)
def test_each_way_out_is_tried_once(
    cause: Cause, continues: bool, began: bool, ways: list[Remedy]
) -> None:
    recovery = Recovery()
    refused = parse.ResponseFailed("x", "x", may_retry=False, cause=cause)
    tried = [recovery.next(refused, is_continuation=continues, has_begun=began) for _ in range(4)]
    assert tried == [*ways, *[None] * (4 - len(ways))]
