"""The far ends of a classroom in tests: an emulator behind the tutor, the test as the sandbox.

tests/tutor/browser.py has the page; tests/test_story.py the real sandbox.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any

from channels.layers import get_channel_layer

from sandbox.job import Result
from sandbox.models import Run
from tests.tutor.browser import Browser, sessions_over
from tutor import emulator, practice
from tutor.database import in_database
from tutor.emulator import Call, Pace
from tutor.method.facts import is_facts
from tutor.models import Item
from tutor.upstream.client import close_client

# Slow enough for somebody to type meanwhile.
SLOWLY = Pace(tokens_per_s=20)
RUN_IT = Call("execute_code", json.dumps({"code": "print(41)", "stdin": ""}))

# The fixture `upstream`: starts an emulator with these answers and points the tutor at it.
Upstream = Callable[..., Any]


class Pointed:
    """An emulator that the settings point at, for the length of a block."""

    def __init__(self, settings: Any, **options: Any) -> None:
        self._settings = settings
        self._serve = emulator.serve(**{"model": practice.answer, **options})

    async def __aenter__(self) -> emulator.Emulator:
        server = await self._serve.__aenter__()
        self._settings.OPENAI_BASE_URL = server.base_url
        await close_client()
        return server

    async def __aexit__(self, *error: Any) -> None:
        await sessions_over()
        await self._serve.__aexit__(*error)
        await close_client()


async def open_run() -> Run:
    """The one run that is open, as soon as there is one."""
    async with asyncio.timeout(10):
        while True:
            run = await in_database(Run.objects.unfinished().first)
            if run:
                return run
            await asyncio.sleep(0.01)


async def finish_run(result: Result) -> Run:
    """Play the worker: end the open run and say so."""
    run = await open_run()
    await in_database(run.finish, result)
    return run


async def tell(run: Run, what: str, **facts: str) -> None:
    """Say something about a run over the channel layer, as the worker does."""
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(run.group, {"type": what, "key": run.key, **facts})


def frames_of(server: emulator.Emulator) -> list[dict[str, Any]]:
    """All frames that the model was sent."""
    return [exchange.frame for exchange in server.requests if exchange.frame]


def asked(server: emulator.Emulator) -> list[dict[str, Any]]:
    """The create frames that asked for an answer."""
    creates = [exchange.frame for exchange in server.requests if exchange.type == "response.create"]
    return [frame for frame in creates if frame.get("generate") is not False]


def without_facts(payloads: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items but for those that tell the model the facts of a step."""
    return [payload for payload in payloads if not is_facts(payload)]


def kinds() -> list[str]:
    """The kinds of all stored items, in order."""
    return [item.kind for item in Item.objects.order_by("conversation", "number")]


async def judged(page: Browser, name: str) -> dict[str, Any]:
    """The attempt of that name once it is over. The end of an earlier one may be told twice."""
    while True:
        attempt: dict[str, Any] = (await page.next("attempt"))["attempt"]
        if attempt["id"] == name and attempt["state"] not in ("queued", "running"):
            return attempt
