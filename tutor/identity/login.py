"""Log-in: the authentication backend, and the forms. Demo accounts log in to a demo only."""

import math
from typing import TYPE_CHECKING, Any, Final

import structlog
from django import forms
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.http import HttpRequest

from tutor.identity import demo, throttle
from tutor.identity.hashing import Busy
from tutor.identity.throttle import TooManyAttempts

log = structlog.get_logger()

if TYPE_CHECKING:
    Form = AuthenticationForm  # of which both of Django's log-in forms are
else:
    Form = object

NO_DEMO: Final = (
    "This is no demo: its accounts are closed here. Log in with an account of your own."
)
TOO_MANY: Final = (
    "Too many attempts to log in. Try again in {} seconds; your password stays as it is."
)
BUSY: Final = "Very many people are logging in at this moment. Try again in a few seconds."
# When to try again, in seconds, where everybody logs in.
BUSY_S: Final = 5


class Backend(ModelBackend):
    """Django's own accounts. Outside a demo those with a public password do not exist.

    Stands behind every way in: both log-in pages, and each use of a session, sockets included.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The account, or None. Raises TooManyAttempts and Busy, for the form.

        A public name with its password is refused before the database is asked: so the answer, and
        the time it takes, are the same whether the account is there or not.
        """
        if request is None or username is None:
            return self._check(request, username, password, **kwargs)
        address = throttle.address_of(request)
        try:
            attempt = throttle.begin(request, username)
        except TooManyAttempts:
            log.warning("login.throttled", address=address)
            raise
        try:
            user = self._check(request, username, password, **kwargs)
        except Busy:
            attempt.forgive()
            log.warning("login.busy")
            raise
        if user:
            attempt.succeed()
        else:
            # By its number, or not at all: people type their password where the name belongs.
            rows = User.objects.filter(username=username)
            account = rows.values_list("pk", flat=True).first()
            log.warning("login.failed", account=account, address=address)
        return user

    def _check(
        self, request: HttpRequest | None, username: str | None, password: str | None, **kwargs: Any
    ) -> User | None:
        if _is_refused(username, password):
            User().set_password(password)  # as long as any other refusal
            return None
        return super().authenticate(request, username=username, password=password, **kwargs)

    def user_can_authenticate(self, user: Any) -> bool:
        """Asked at log-in and whenever a session is used."""
        return super().user_can_authenticate(user) and not demo.is_refused(user)


def refuse_for_now(request: HttpRequest | None, error: TooManyAttempts) -> str:
    """Have the answer to the request say when to try again, and say it in a sentence too."""
    wait_s = max(1, math.ceil(error.wait_s))
    _refuse(request, 429, wait_s)
    return TOO_MANY.format(wait_s)


def _refuse(request: HttpRequest | None, status: int, wait_s: int) -> None:
    if request is not None:
        vars(request)["refused"] = (status, wait_s)


class _ExplainedRefusal(Form):
    """A log-in form that says why: a public password outside a demo, or when to try again.

    `refused` of its request is then a status and the seconds to wait; see tutor.web.middleware.
    """

    def clean(self) -> dict[str, Any]:
        """Called to try the password."""
        try:
            return super().clean()
        except TooManyAttempts as error:
            text = refuse_for_now(self.request, error)
            raise forms.ValidationError(text, code="too_many") from None
        except Busy:
            _refuse(self.request, 503, BUSY_S)
            raise forms.ValidationError(BUSY, code="busy") from None

    def get_invalid_login_error(self) -> forms.ValidationError:
        """Called when the backend has let nobody in."""
        if _is_refused(self.cleaned_data.get("username"), self.cleaned_data.get("password")):
            return forms.ValidationError(NO_DEMO, code="no_demo")
        return super().get_invalid_login_error()


class LoginForm(_ExplainedRefusal, AuthenticationForm):
    """The form of the site's log-in page."""


class AdminLoginForm(_ExplainedRefusal, AdminAuthenticationForm):
    """The form of the admin's log-in page."""


def _is_refused(username: object, password: object) -> bool:
    return not settings.IS_DEMO and demo.is_public(username, password)
