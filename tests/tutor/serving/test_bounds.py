"""How much may come, for how long, and who makes room."""

import pytest

from tutor.serving import bounds


def test_only_an_upload_may_be_larger_than_a_form() -> None:
    assert bounds.most_body_bytes("/login/") == bounds.MAX_BODY_BYTES
    assert bounds.most_body_bytes("/admin/courses/upload/1/change/") == bounds.MAX_BODY_BYTES
    assert bounds.most_body_bytes("/admin/courses/upload/add/") == 21 * 1024 * 1024
    assert bounds.most_body_bytes("/admin/courses/upload/add/../") == bounds.MAX_BODY_BYTES


def test_a_byte_now_and_then_earns_no_time_and_a_slow_line_does() -> None:
    assert bounds.deadline(100.0, 0) == 100.0 + bounds.GRACE_S
    assert bounds.deadline(100.0, 250) - bounds.deadline(100.0, 0) < 0.1
    twenty_mb = 20 * 1024 * 1024
    at_a_megabit = twenty_mb * 8 / 1_000_000
    assert bounds.deadline(0.0, twenty_mb) > at_a_megabit


def test_who_has_waited_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_WAITING", 2)
    waiting, closed = bounds.WaitingConnections(), list[str]()
    for name in ("a", "b", "a", "c"):  # a has been answered in between, and waits anew
        waiting.add(name, lambda name=name: closed.append(name))  # type: ignore[misc]
    assert closed == ["b"]
    waiting.remove("a")
    waiting.remove("a")
    assert len(waiting) == 1
