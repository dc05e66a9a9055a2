"""Attempts to log in, throttled before a password is hashed.

Per account and address: who guesses one student's password waits, and the student, who comes from
elsewhere, does not. Per address: wide enough for a class behind one, each with a few mistakes. Per
account: for those who guess from many addresses. No wait is longer than the time of one attempt.
A log-in that goes well counts for its account from its address only: a class may log in at once,
and nobody keeps the line of passwords full with the right one (a demo's accounts are everybody's).
"""

import ipaddress
from typing import Final, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from tutor.models import Rate, Throttle

PER_PAIR: Final = Rate(burst=10, every_s=30.0)
PER_ACCOUNT: Final = Rate(burst=50, every_s=30.0)
PER_ADDRESS_S: Final = 3.0
# Those of a whole network count as one address: a home has 2**64 of them.
IPV6_PREFIX: Final = 64


class TooManyAttempts(Exception):
    """Nothing was hashed; `wait_s` until the next attempt may be made."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(wait_s)
        self.wait_s = wait_s


class Attempt(NamedTuple):
    """An attempt that may be made."""

    buckets: tuple[tuple[str, Rate], ...]

    def forgive(self) -> None:
        """It was not made: it does not count."""
        for key, rate in self.buckets:
            Throttle.give_back(key, rate)

    def succeed(self) -> None:
        """It went well: it counts for nobody else, and in a demo not at all."""
        for key, rate in self.buckets:
            if settings.IS_DEMO or rate is not PER_PAIR:
                Throttle.give_back(key, rate)


def begin(request: HttpRequest, username: str) -> Attempt:
    """Count an attempt before it is made, so that those made at once count too.

    Raises TooManyAttempts.
    """
    # As whatever exists: a name that is nobody's is throttled as one that is somebody's.
    account, address = username.casefold(), address_of(request)
    per_address = Rate(settings.LOGIN_ATTEMPTS_PER_ADDRESS, PER_ADDRESS_S)
    taken: list[tuple[str, Rate]] = []
    # The address first: names without end fill no table.
    for bucket in (
        (_key("address", address), per_address),
        (_key("pair", f"{address} {account}"), PER_PAIR),
        (_key("account", account), PER_ACCOUNT),
    ):
        if wait_s := Throttle.take(*bucket):
            Attempt(tuple(taken)).forgive()
            raise TooManyAttempts(wait_s)
        taken.append(bucket)
    Throttle.forget_full()
    return Attempt(tuple(taken))


def address_of(request: HttpRequest) -> str:
    """Whose request it is: the client's address, as the last trusted proxy has seen it."""
    seen = str(request.META.get("REMOTE_ADDR") or "")
    if settings.PROXIES:
        # Each proxy adds whom it has seen; what stands before that, any client may have written.
        passed = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")
        found = _network(passed[-settings.PROXIES :][0].strip())
        if found:
            return found
    return _network(seen)


def _network(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))
    return str(address)


def _key(kind: str, text: str) -> str:
    """A name of a bucket that tells neither what was typed nor from where."""
    return salted_hmac(f"login {kind}", text, algorithm="sha256").hexdigest()
