"""Log-in: the authentication backend, and the forms. Demo accounts log in to a demo only."""

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.http import HttpRequest

from tutor.identity import demo

if TYPE_CHECKING:
    Form = AuthenticationForm  # of which both of Django's log-in forms are
else:
    Form = object

NO_DEMO: Final = (
    "This is no demo: its accounts are closed here. Log in with an account of your own."
)


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
        """The account, or None.

        A public name with its password is refused before the database is asked: so the answer, and
        the time it takes, are the same whether the account is there or not.
        """
        if _is_refused(username, password):
            User().set_password(password)  # as long as any other refusal
            return None
        return super().authenticate(request, username=username, password=password, **kwargs)

    def user_can_authenticate(self, user: Any) -> bool:
        """Asked at log-in and whenever a session is used."""
        return super().user_can_authenticate(user) and not demo.is_refused(user)


class _ExplainedRefusal(Form):
    """A log-in form with an error of its own for a public password outside a demo."""

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
