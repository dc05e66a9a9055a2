"""The text's way from the socket to the session: gathered, held back, never lost or doubled."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tutor.upstream import delta_buffer
from tutor.upstream.delta_buffer import DeltaBuffer


class Session:
    """Takes pieces while it is willing, and counts what the socket is asked to do."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.willing = True
        self.offered = asyncio.Event()
        self.rests = 0
        self.deltas = DeltaBuffer(self.take, self.rest, self.wake)

    def take(self, text: str) -> bool:
        self.offered.set()
        if self.willing:
            self.taken.append(text)
        return self.willing

    def rest(self) -> None:
        self.rests += 1

    def wake(self) -> None:
        self.rests -= 1

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for the deliveries that come by themselves."""
        async with asyncio.timeout(10):
            while not holds():
                self.offered.clear()
                await self.offered.wait()


@pytest.fixture
async def session() -> Session:
    return Session()


async def test_the_first_piece_goes_on_at_once_and_the_next_ones_together(session: Session) -> None:
    for text in ("What ", "do ", "you ", "expect?"):
        await session.deltas.add(text)
    assert session.taken == ["What "]
    await session.until(lambda: len(session.taken) == 2)
    assert session.taken == ["What ", "do you expect?"]


async def test_the_socket_rests_while_text_flows_and_is_awake_when_it_is_over(
    session: Session,
) -> None:
    for number in range(4):
        await session.deltas.add(str(number))
        await session.until(lambda: len(session.taken) == number + 1)  # noqa: B023
        # A short answer is over before there is anything to gain.
        assert session.rests == (1 if number else 0)
    session.deltas.close()
    assert session.rests == 0


async def test_what_the_session_does_not_take_is_offered_again(session: Session) -> None:
    session.willing = False
    await session.deltas.add("one ")
    await session.deltas.add("two")
    assert session.taken == []
    session.willing = True
    await session.until(lambda: bool(session.taken))
    assert session.taken == ["one two"]


async def test_the_socket_is_read_no_more_while_too_much_is_held(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delta_buffer, "HELD_CHARS", 10)
    session.willing = False
    await session.deltas.add("0123456789")
    reading: Awaitable[None] = asyncio.ensure_future(session.deltas.add("more"))
    done, _ = await asyncio.wait({asyncio.ensure_future(reading)}, timeout=0.1)
    assert not done
    session.willing = True
    await asyncio.wait_for(reading, 10)
    assert session.taken == ["0123456789more"]


async def test_after_the_end_nothing_comes_and_nobody_waits(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delta_buffer, "HELD_CHARS", 10)
    session.willing = False
    reading = asyncio.ensure_future(session.deltas.add("0123456789 and more"))
    await session.until(session.offered.is_set)
    session.willing = True
    session.deltas.close()
    await asyncio.wait_for(reading, 10)
    await session.deltas.add("late")
    assert session.taken == []
