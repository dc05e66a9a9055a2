"""What may be under way between a browser and us: arithmetic, without a clock."""

from tutor.web.flow import (
    BURST_CHARS,
    CHARS_PER_S,
    LEAST_CHARS,
    MOST_CHARS,
    MOST_UNREAD_CHARS,
    SendWindow,
    TokenBucket,
)


def test_a_burst_is_allowed_and_not_a_character_more() -> None:
    allowance = TokenBucket(now=100.0)
    for _ in range(BURST_CHARS // MOST_CHARS):
        assert allowance.take(MOST_CHARS, now=100.0)
    assert not allowance.take(MOST_CHARS, now=100.0)


def test_with_time_more_is_allowed_but_never_more_than_a_burst() -> None:
    allowance = TokenBucket(now=0.0)
    assert allowance.take(MOST_CHARS, now=0.0)
    later = 10 * BURST_CHARS / CHARS_PER_S
    for _ in range(BURST_CHARS // MOST_CHARS):
        assert allowance.take(MOST_CHARS, now=later)
    assert not allowance.take(MOST_CHARS, now=later)
    assert allowance.take(LEAST_CHARS, now=later + 1)


def test_the_shortest_message_counts_and_the_longest_counts_no_more_than_is_kept_of_it() -> None:
    allowance = TokenBucket(now=0.0)
    taken = 0
    while allowance.take(0, now=0.0):
        taken += 1
    assert taken == BURST_CHARS // LEAST_CHARS
    assert TokenBucket(now=0.0).take(100 * BURST_CHARS, now=0.0)


def test_one_frame_however_long_cuts_off_nobody_who_reads() -> None:
    window = SendWindow()
    for _ in range(3):
        check = window.sent("x" * (MOST_UNREAD_CHARS + 1))
        assert check
        assert not window.is_full
        window.checked(check.id)
    assert not window.is_behind


def test_who_reads_nothing_is_cut_off_by_the_third_such_frame() -> None:
    window = SendWindow()
    for _ in range(3):
        window.sent("x" * MOST_UNREAD_CHARS)
    assert window.is_full
