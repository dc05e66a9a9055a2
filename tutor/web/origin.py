"""From which pages a WebSocket may be opened: those of this site.

Browsers send a student's cookie with every socket, whatever page opens it: on another port of the
same host even a SameSite cookie. Only the Origin header tells whose page it is.
"""

import re
from io import BytesIO
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.http import is_same_domain

log = structlog.get_logger()

# As browsers write one: nothing before the host, nothing after the port.
_ORIGIN: Final = re.compile(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_PORT: Final = 65_535
# A name may have so many characters (RFC 1035), and before and after it stand a scheme and a port.
_MAX_LENGTH: Final = 300


def canonical(text: str) -> str | None:
    """An origin as browsers write it, without the default port; None if the text is none."""
    found = _ORIGIN.fullmatch(text.lower()) if text.isascii() else None
    if not found or len(text) > _MAX_LENGTH:
        return None
    scheme, host, port = found[1], found[2], int(found[3] or _DEFAULT_PORTS[found[1]])
    if port > _MAX_PORT:
        return None
    return f"{scheme}://{host}" + (f":{port}" if port != _DEFAULT_PORTS[scheme] else "")


class OriginValidator:
    """Before the sockets' application: who comes from another site's page gets a plain 403."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """An ASGI application for WebSockets."""
        origin, site = _only(scope, b"origin"), _site(scope)
        if site and origin and (origin == site or _is_trusted(origin)):
            await self._application(scope, receive, send)
            return
        # Both are names, ports and nothing else.
        log.warning("socket.refused", origin=origin, site=site)
        await refuse(scope, receive, send)


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application that opens no WebSocket: closed before it is accepted, that is a 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1008})


def _site(scope: Any) -> str | None:
    """The site's own origin as this browser reached it; None by a name that is not the site's."""
    if len(_headers(scope, b"host")) != 1:
        return None
    scheme = {"wss": "https"}.get(scope.get("scheme", "ws"), "http")
    request = ASGIRequest({**scope, "method": "GET", "scheme": scheme}, BytesIO())
    try:
        host = request.get_host()  # raises where ALLOWED_HOSTS does not name it
    except DisallowedHost:
        return None
    # Behind TLS the site has no other address; a proxy may say «wss» of a socket, or nothing.
    secure = settings.HTTPS or request.is_secure()
    return canonical(f"{'https' if secure else 'http'}://{host}")


def _is_trusted(origin: str) -> bool:
    """True if CSRF_TRUSTED_ORIGINS names it, as Django's own forms would have it."""
    trusted = CsrfViewMiddleware(lambda request: None)  # type: ignore[arg-type]
    scheme, _, place = origin.partition("://")
    return origin in trusted.allowed_origins_exact or any(
        is_same_domain(place, pattern) for pattern in trusted.allowed_origin_subdomains[scheme]
    )


def _only(scope: Any, name: bytes) -> str | None:
    """The one header of that name, if it is an origin."""
    values = _headers(scope, name)
    return canonical(values[0].decode("latin1")) if len(values) == 1 else None


def _headers(scope: Any, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key.lower() == name]
