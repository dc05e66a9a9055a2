"""The ASGI application: HTTP goes to Django, WebSockets to the consumer."""

import gc
import os
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutor.settings")
http = get_asgi_application()

# Models can be imported only now that Django is set up.
from tutor.web.consumers import ClassroomConsumer  # noqa: E402
from tutor.web.origin import OriginValidator, refuse  # noqa: E402

page: Any = ClassroomConsumer.as_asgi()  # Django's types know no ASGI application behind a path
nowhere: Any = refuse
sockets = URLRouter(
    [path("ws/lessons/<slug:course>/<slug:lesson>", page), re_path(r"", nowhere)],
)
application = ProtocolTypeRouter(
    {"http": http, "websocket": OriginValidator(AuthMiddlewareStack(sockets))}
)

# What is loaded by now stays. To look through all of it again and again for what may go would hold
# up every page for 60 ms each time, and the leak gate makes much that goes soon.
gc.collect()
gc.freeze()
