"""Headers of every answer of Django's: what a browser may keep, and what it is to forget."""

from typing import Any, Final

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from tutor.identity.hashing import Busy
from tutor.identity.login import BUSY_S

# Not the cookies: the one of the session is gone already, and the theme is nobody's secret.
FORGET: Final = '"cache", "storage"'
# Django has a setting for each of the others.
PERMISSIONS: Final = (
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
)


class ResponseMiddleware(MiddlewareMixin):
    """Nothing personal stays in a browser: not in its cache, and after a log-out not at all."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Called for each answer but those of static files."""
        response.headers.setdefault("Cache-Control", "no-store")
        response["Permissions-Policy"] = PERMISSIONS
        told = vars(request)
        if "logged_out" in told:
            response["Clear-Site-Data"] = FORGET
        # Django's log-in views answer every refusal with 200.
        if "refused" in told and response.status_code == 200:
            response.status_code, wait_s = told["refused"]
            response["Retry-After"] = str(wait_s)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called when a view has raised."""
        if not isinstance(error, Busy):
            return None
        answer = render(request, "503.html", status=503)
        answer["Retry-After"] = str(BUSY_S)
        return answer


@receiver(user_logged_out)
def _remember(request: HttpRequest | None, user: Any, **_: Any) -> None:
    if request is not None and user is not None:
        vars(request)["logged_out"] = True
