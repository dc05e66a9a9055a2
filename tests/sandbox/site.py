"""A site's own half of the queue, as a process: requests runs, looks at them. Orders and answers.

{"do": "request", "key": …, "code": …, "interactive": …, "series": …, "wall_s": …} -> {"ms": …}
{"do": "type", "key": …, "text": …}    -> {"heard": …}
{"do": "ask", "key": …, "code": …}     -> {}: the series is asked to run it
{"do": "answers", "key": …}            -> {"printed": …}: of its last batch; null: not yet
{"do": "look", "key": …}               -> the run's row
{"do": "cancel", "key": …}             -> {}
{"do": "deaf", "key": …}               -> {}: what it is told waits from now on; so much that
                                          the channel layer has no room for more
{"do": "listen", "key": …}             -> {}: it hears from now on; what waits comes first
{"do": "hear", "key": …}               -> {"heard": …}: what was told of this run, and when
"""

import asyncio
import contextlib
import functools
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

import django

django.setup()

from channels.layers import get_channel_layer  # noqa: E402  # Django must be set up first
from django.contrib.auth.models import User  # noqa: E402
from django.db import close_old_connections  # noqa: E402

from sandbox.cases import ProgramCase, StdinCase  # noqa: E402
from sandbox.job import Limits  # noqa: E402
from sandbox.models import Batch, Run  # noqa: E402

SHOWN = ("status", "stdout", "message", "fence", "duration_ms", "queued_ms")


class Ears:
    """Hears what the group is told, as a page's session does, in a thread of its own."""

    def __init__(self) -> None:
        # What was heard, and when by time.monotonic().
        self.heard: list[tuple[float, dict[str, Any]]] = []
        self._open = asyncio.Event()
        self._open.set()
        self._loop = asyncio.new_event_loop()
        listening = threading.Event()
        listen = self._listen(listening)
        threading.Thread(target=self._loop.run_until_complete, args=(listen,), daemon=True).start()
        listening.wait()

    def shut(self) -> None:
        """Hear one more message, and nothing after it; fill the layer with noise."""
        self._loop.call_soon_threadsafe(self._open.clear)
        for _ in range(2):  # the one that is heard, and the one after which it looks
            asyncio.run_coroutine_threadsafe(self._make_noise(), self._loop).result()

    def open(self) -> None:
        self._loop.call_soon_threadsafe(self._open.set)

    async def _listen(self, listening: threading.Event) -> None:
        layer = get_channel_layer()
        assert layer is not None
        channel = await layer.new_channel()
        await layer.group_add("site", channel)
        listening.set()
        while await self._open.wait():
            message = await layer.receive(channel)
            self.heard.append((time.monotonic(), message))

    async def _make_noise(self) -> None:
        layer = get_channel_layer()
        assert layer is not None
        for _ in range(layer.capacity):
            await layer.group_send("site", {"type": "noise", "key": "noise"})


@functools.cache
def ears() -> Ears:
    """Of this process, once somebody wants it to listen."""
    return Ears()


def answer(order: dict[str, Any]) -> dict[str, Any]:
    close_old_connections()
    match order["do"]:
        case "deaf":
            ears().shut()
            return {}
        case "listen":
            ears().open()
            return {}
        case "hear":
            return {"heard": [(at, m) for at, m in ears().heard if m["key"] == order["key"]]}
        case "request":
            began = time.monotonic()
            Run.request(
                key=order["key"], code=order["code"], stdin="", student=User.objects.get(),
                origin="student", group="site", interactive=order["interactive"],
                limits=Limits(wall_s=order["wall_s"]), series=order["series"],
            )  # fmt: skip
            return {"ms": (time.monotonic() - began) * 1000}
        case "type":
            return {"heard": Run.objects.get(key=order["key"]).type(order["text"])}
        case "ask":
            tried = ProgramCase(order["code"], StdinCase(""), order["wall_s"])
            Batch.ask(Run.objects.get(key=order["key"]), "", [tried])
            return {}
        case "answers":
            batch = Batch.objects.filter(run__key=order["key"]).order_by("number").last()
            found = batch.answers() if batch else []
            return {"printed": None if found is None else [each.stdout for each in found]}
        case "look":
            run = Run.objects.get(key=order["key"])
            facts = {name: getattr(run, name) for name in SHOWN}
            took = (run.finished_at - run.created_at).total_seconds() if run.finished_at else None
            return facts | {"finished": run.finished, "took_s": took}
        case _:
            Run.objects.get(key=order["key"]).cancel()
            return {}


def serve(orders: Connection) -> None:
    """Answer one order after the other, until nobody gives any more."""
    User.objects.create_user("student")
    with contextlib.suppress(EOFError):
        while True:
            orders.send(answer(orders.recv()))
