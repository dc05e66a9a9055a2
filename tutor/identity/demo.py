"""The demo accounts: who they are, and where they may be. Their passwords are public.

They work in a demo only (`settings.IS_DEMO`); anywhere else `tutor/identity/login.py` keeps
them out, whatever the database holds. An account counts as one of them while it has its public
password, or is marked as disabled: somebody of the same name with a password of their own is
nobody's demo.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, check_password, is_password_usable
from django.contrib.auth.models import User

from tutor.identity.roles import instructors

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

# Stands where a disabled demo account's password was: none fits it, and we know it again.
DISABLED: Final = f"{UNUSABLE_PASSWORD_PREFIX}disabled demo account"


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
_BY_NAME: Final = {account.username: account for account in ACCOUNTS}


# Recognized


def is_public(username: object, password: object) -> bool:
    """True for the name of a demo account with its public password."""
    account = _BY_NAME.get(username) if isinstance(username, str) else None
    return account is not None and account.password == password


def is_refused(user: "AbstractBaseUser") -> bool:
    """True for an account with its public password, outside a demo.

    Costs a hashing once per process and stored password, and only for the names above.
    """
    return not settings.IS_DEMO and has_public_password(user)


def has_public_password(user: "AbstractBaseUser") -> bool:
    """True for a demo account that has its public password."""
    account = _BY_NAME.get(user.get_username())
    return account is not None and _matches(account.password, user.password)


def open_accounts() -> list[Account]:
    """The demo accounts that exist here, active and with their public passwords."""
    active = User.objects.filter(username__in=_BY_NAME, is_active=True)
    names = {user.username for user in active if has_public_password(user)}
    return [account for account in ACCOUNTS if account.username in names]


@lru_cache(maxsize=32)  # by the stored hash: so a changed password is looked at anew
def _matches(password: str, stored: str) -> bool:
    # Django hashes even where nothing fits, to take as long; here nobody waits for the answer.
    return bool(stored) and is_password_usable(stored) and check_password(password, stored)


# Created and disabled


def create(account: Account) -> User | None:
    """Create or repair the account; None if its name is somebody's who has a password of their own.

    Whatever it was before, afterwards it may do what its role may: no superuser, nothing more.
    """
    user = User.objects.filter(username=account.username).first() or User(username=account.username)
    if not has_public_password(user):
        if user.pk and user.password != DISABLED:
            return None
        user.set_password(account.password)
    user.first_name, user.is_active = account.first_name, True
    user.is_staff, user.is_superuser = account.role == "instructor", False
    user.save()
    user.user_permissions.clear()
    user.groups.set([instructors()] if user.is_staff else [])
    return user


def disable() -> Iterable[Account]:
    """Take their passwords from the demo accounts, and with them every log-in; those that had it.

    What they have done stays; `create` lets them in again.
    """
    users = User.objects.filter(username__in=_BY_NAME)
    had = {user.pk: user.username for user in users if has_public_password(user)}
    for user in users:
        if user.pk in had:  # saved one by one: a signal ends what they have open
            user.password, user.is_active = DISABLED, False
            user.is_superuser = user.is_staff = False
            user.save(update_fields=["password", "is_active", "is_superuser", "is_staff"])
    return [account for account in ACCOUNTS if account.username in had.values()]
