"""A student's upstream without a session: what tests put before a server of the protocol."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tutor import emulator
from tutor.method import prompts
from tutor.protocol.calls import Payload
from tutor.protocol.events import Event, ModelFailed, ModelFinished, ModelReachable, ModelSpoke
from tutor.upstream.client import close_client
from tutor.upstream.upstream import Upstream

FIELDS = prompts.request_fields(
    model="gpt-6-astra", instructions="Ask.", student_hash="0123", cache_key="course/lesson"
)

Connect = Callable[[str], Any]


class Student:
    """What a session would be to its upstream: the items, and the events it is told."""

    def __init__(self) -> None:
        self.items: list[Payload] = []
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.upstream = Upstream(FIELDS, self, self.events.put, self.take)
        self.requests = 0

    def take(self, spoke: ModelSpoke) -> bool:
        self.events.put_nowait(spoke)
        return True

    async def payloads(self) -> list[Payload]:
        return list(self.items)

    async def compact(
        self, response_id: str, told: Sequence[Payload], items: Sequence[Payload]
    ) -> bool:
        self.items[: len(told)] = items
        return True

    async def omit_sealed(self) -> bool:
        closed = ("reasoning", "compaction")
        sealed = [i for i in self.items if "encrypted_content" in i or i["type"] in closed]
        self.items = [item for item in self.items if item not in sealed]
        return bool(sealed)

    async def next(self, *kinds: type[Event]) -> Any:
        """The next event of these kinds; others are passed over."""
        async with asyncio.timeout(10):
            while not isinstance(event := await self.events.get(), kinds):
                pass
            return event

    async def ready(self) -> None:
        while not (await self.next(ModelReachable)).reachable:
            pass

    async def say(self, text: str) -> ModelFinished | ModelFailed:
        self.items.append(prompts.student_message(text))
        return await self.ask()

    async def ask(self) -> ModelFinished | ModelFailed:
        self.requests += 1
        await self.upstream.ask(self.requests)
        answer: ModelFinished | ModelFailed = await self.next(ModelFinished, ModelFailed)
        assert answer.request == self.requests
        if isinstance(answer, ModelFinished):
            self.items.extend(answer.items)
        return answer


@asynccontextmanager
async def connected(settings: Any, base_url: str) -> AsyncIterator[Student]:
    """A student's upstream towards a base URL for the length of a block."""
    settings.OPENAI_BASE_URL = base_url
    await close_client()
    student = Student()
    task = asyncio.create_task(student.upstream.run())
    try:
        yield student
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await close_client()


def frames(server: emulator.Emulator) -> list[dict[str, Any]]:
    return [exchange.frame for exchange in server.requests if exchange.frame]


def text(answer: ModelFinished | ModelFailed) -> str:
    assert isinstance(answer, ModelFinished), answer
    texts = [part["text"] for item in answer.items for part in item.get("content", [])]
    return " ".join(texts)
