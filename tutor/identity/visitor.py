"""Who sends a request, before Django is asked: by its Cookie header alone."""

from importlib import import_module
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.cookie import parse_cookie

UPLOADING: Final = "courses.add_upload"


def may_upload(cookies: str) -> bool:
    """True for somebody who is logged in and may upload a course. Asks the database."""
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return False
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user: Any = get_user(request)
    return bool(user.is_staff and user.has_perm(UPLOADING))
