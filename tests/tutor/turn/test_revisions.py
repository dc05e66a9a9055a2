"""The texts that a connection's own writes stand for: which stored program a write replaces."""

from tutor.turn.revisions import OwnWrites, TextName, text_name


def test_a_text_that_nobody_replaced_is_itself() -> None:
    assert OwnWrites().latest("", "one", TextName(3)) == TextName(3)
    assert text_name(3) == TextName(3)
    assert text_name(3, version=2) == TextName(version=2)


def test_what_own_writes_have_replaced_stands_for_what_they_have_made() -> None:
    own = OwnWrites()
    own.add("", "one", TextName(3), TextName(4))
    own.add("", "one", TextName(4), TextName(5))
    assert [own.latest("", "one", TextName(n)) for n in (2, 3, 4, 5)] == [
        TextName(2), TextName(5), TextName(5), TextName(5),
    ]  # fmt: skip


def test_a_text_that_was_kept_beside_goes_on_there_from_whatever_it_is_said_to_start() -> None:
    own = OwnWrites()
    own.add("", "one", TextName(3), TextName(4))
    own.add("", "one", TextName(4), TextName(version=1))
    own.add("", "one", TextName(version=1), TextName(version=2))
    assert own.latest("", "one", TextName(3)) == own.latest("", "one", TextName(version=1))
    assert own.latest("", "one", TextName(3)) == TextName(version=2)


def test_pages_and_steps_are_kept_apart() -> None:
    own = OwnWrites()
    own.add("", "one", TextName(3), TextName(4))
    assert own.latest("gone", "one", TextName(3)) == TextName(3)
    assert own.latest("", "two", TextName(3)) == TextName(3)


def test_it_leads_round_in_no_circle_even_if_revisions_come_again() -> None:
    own = OwnWrites()
    own.add("", "one", TextName(3), TextName(4))
    own.add("", "one", TextName(4), TextName(3))  # a database was put back meanwhile
    own.add("", "one", TextName(3), TextName(3))
    assert own.latest("", "one", TextName(4)) == TextName(3)


def test_what_is_remembered_is_bounded_and_what_is_forgotten_is_stale() -> None:
    own = OwnWrites()
    for revision in range(10_000):
        own.add("", "one", TextName(revision), TextName(revision + 1))
    assert len(own._made) <= 1024
    assert own.latest("", "one", TextName(9_500)) == TextName(10_000)
    assert own.latest("", "one", TextName(1)) == TextName(1)
