"""The demo accounts: who they are. Their passwords are public, so a real site has none of them."""

from typing import Final, NamedTuple

from django.contrib.auth.models import User


class Account(NamedTuple):
    """One demo account."""

    username: str
    password: str
    first_name: str
    role: str


ACCOUNTS: Final = (
    Account("ada", "ada", "Ada", "student"),
    Account("grace", "grace", "Grace", "student"),
    Account("teacher", "teacher", "Tea", "instructor"),
)


def present() -> list[Account]:
    """The demo accounts that exist here."""
    names = [account.username for account in ACCOUNTS]
    known = set(User.objects.filter(username__in=names).values_list("username", flat=True))
    return [account for account in ACCOUNTS if account.username in known]
