"""Django's sessions in the database, of which it stays known which one took another's place.

Django gives a log-in a new key when its password changes, and deletes the old one. A page that was
open before knows the old key only, and has not been logged out.
"""

from collections.abc import Iterable
from typing import Any, Final

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import router, transaction
from django.utils import timezone

# Before the old key, the key of a row that says which one came after it. No cookie holds one: it
# would open a session that is nobody's.
REPLACED: Final = "after-"
NEXT: Final = "replaced_by"
# So many replacements are followed.
MOST_REPLACEMENTS: Final = 8


class SessionStore(db.SessionStore):
    """Settings name it as the engine. Its own name must be Django's: it salts what is stored."""

    def cycle_key(self) -> None:
        """Give the session a new key, in one step: at no time it is under none."""
        old = self.session_key
        with transaction.atomic(using=router.db_for_write(self.model)):
            super().cycle_key()
            if old:
                self.save()
                self.model.objects.create(
                    session_key=REPLACED + old,
                    session_data=self.encode({NEXT: self.session_key}),
                    expire_date=self.get_expiry_date(),
                )


def logins(keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What the sessions hold, by key; one that has a new key is found by its old one.

    One that has ended or expired is left out. A query, and one more where any has a new key.
    """
    found: dict[str, dict[str, Any]] = {}
    asked = {key: key for key in keys}  # by the key that the session has by now
    for _ in range(MOST_REPLACEMENTS):
        names = [name for key in asked for name in (key, REPLACED + key)]
        rows = Session.objects.filter(session_key__in=names, expire_date__gt=timezone.now())
        held = {row.session_key: row.get_decoded() for row in rows}
        found |= {first: held[key] for key, first in asked.items() if key in held}
        moved = {key: held.get(REPLACED + key, {}).get(NEXT) for key in asked if key not in held}
        asked = {after: asked[key] for key, after in moved.items() if after}
        if not asked:
            break
    return found
