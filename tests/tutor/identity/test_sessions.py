"""Sessions by the key that they have, or had."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from tutor.identity.sessions import MOST_REPLACEMENTS, REPLACED, SessionStore, logins

pytestmark = pytest.mark.django_db


def stored(name: str = "ada") -> tuple[SessionStore, str]:
    """A session of somebody's, and its first key."""
    session = SessionStore()
    session["name"] = name
    session.save()
    assert session.session_key
    return session, session.session_key


def names(*keys: str) -> dict[str, str]:
    return {key: content["name"] for key, content in logins(keys).items()}


def test_a_session_is_found_by_every_key_it_has_had() -> None:
    session, first = stored()
    _, other = stored("grace")
    session.cycle_key()
    second = session.session_key or ""
    session.cycle_key()
    third = session.session_key or ""
    assert len({first, second, third}) == 3
    assert names(first, second, third, other) == {
        first: "ada", second: "ada", third: "ada", other: "grace",
    }  # fmt: skip


def test_its_content_is_never_away_while_its_key_changes() -> None:
    session, first = stored()
    session.cycle_key()
    # Nobody has saved it since, as the middleware will.
    assert names(first) == {first: "ada"}


def test_one_that_has_ended_is_found_by_none() -> None:
    session, first = stored()
    session.cycle_key()
    second = session.session_key or ""
    session.flush()
    assert names(first, second) == {}


def test_one_that_has_expired_is_found_by_none() -> None:
    _, key = stored()
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert names(key) == {}


def test_an_old_key_opens_nothing() -> None:
    session, first = stored()
    session.cycle_key()
    for key in (first, REPLACED + first):
        assert "name" not in SessionStore(key)


def test_a_circle_of_keys_ends() -> None:
    for here, there in (("one", "two"), ("two", "one")):
        content = SessionStore().encode({"replaced_by": there})
        expiry = timezone.now() + timedelta(days=1)
        Session.objects.create(
            session_key=REPLACED + here, session_data=content, expire_date=expiry
        )
    assert MOST_REPLACEMENTS < 100
    assert names("one") == {}


def test_what_was_stored_by_django_s_own_engine_is_read() -> None:
    session = db.SessionStore()
    session["name"] = "ada"
    session.save()
    assert session.session_key
    assert names(session.session_key) == {session.session_key: "ada"}
