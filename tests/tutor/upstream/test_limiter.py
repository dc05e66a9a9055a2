"""Who waits for the model: in order, told their place, and gone without a trace when they leave."""

import asyncio
import contextlib

from tutor.upstream.limiter import ConcurrencyLimiter


class Student:
    """Somebody who wants a place, and what they are told."""

    def __init__(self, limiter: ConcurrencyLimiter) -> None:
        self._limiter = limiter
        self.positions: list[int] = []
        self.told = asyncio.Event()
        self.leaves = asyncio.Event()
        self.entered = asyncio.Event()
        self.task = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        async with self._limiter.slot(self._tell):
            self.entered.set()
            await self.leaves.wait()

    async def _tell(self, position: int) -> None:
        self.positions.append(position)
        self.told.set()

    async def is_told(self, position: int) -> None:
        async with asyncio.timeout(10):
            while self.positions[-1:] != [position]:
                self.told.clear()
                await self.told.wait()


async def test_who_comes_first_is_served_first_and_the_others_move_up() -> None:
    limiter = ConcurrencyLimiter(1)
    one, two, three = (Student(limiter) for _ in range(3))
    await asyncio.wait_for(one.entered.wait(), 10)
    await two.is_told(1)
    await three.is_told(2)
    one.leaves.set()
    await asyncio.wait_for(two.entered.wait(), 10)
    await two.is_told(0)
    await three.is_told(1)
    assert not three.entered.is_set()
    assert one.positions == []
    for student in (two, three):
        student.leaves.set()
        await asyncio.wait_for(student.task, 10)


async def test_who_gives_up_waiting_makes_room() -> None:
    limiter = ConcurrencyLimiter(1)
    one, two, three = (Student(limiter) for _ in range(3))
    await three.is_told(2)
    two.task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await two.task
    await three.is_told(1)
    one.leaves.set()
    await asyncio.wait_for(three.entered.wait(), 10)
    three.leaves.set()
    await three.task


async def test_who_is_stopped_just_as_the_place_comes_passes_it_on() -> None:
    limiter = ConcurrencyLimiter(1)
    one, two, three = (Student(limiter) for _ in range(3))
    await three.is_told(2)
    one.leaves.set()
    await one.task
    two.task.cancel()  # the place is two's already, but two has not noticed
    await asyncio.wait_for(three.entered.wait(), 10)
    three.leaves.set()
    await three.task
    four = Student(limiter)
    await asyncio.wait_for(four.entered.wait(), 10)
    four.leaves.set()
    await four.task


async def test_while_the_api_wants_a_rest_nobody_begins() -> None:
    loop = asyncio.get_running_loop()
    limiter = ConcurrencyLimiter(10)
    limiter.pause(0.1)
    begun = loop.time()
    student = Student(limiter)
    await asyncio.sleep(0)
    limiter.pause(0.2)  # prolonged while somebody waits
    await asyncio.wait_for(student.entered.wait(), 10)
    assert loop.time() - begun >= 0.19
    student.leaves.set()
    await student.task
