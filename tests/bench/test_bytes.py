"""What goes upstream does not grow with the dialogue."""

from typing import TYPE_CHECKING, Any

from tests.bench.dialogue import Turn, hold, model, warm_socket
from tests.bench.report import slope
from tutor import emulator
from tutor.upstream.client import openai_client

if TYPE_CHECKING:
    from tutor.protocol.calls import Payload

TURNS = 40


async def test_in_40_turns_with_20_calls_the_bytes_of_a_turn_do_not_grow(settings: Any) -> None:
    async with emulator.serve(model=model) as server:
        settings.OPENAI_BASE_URL = server.base_url
        openai_client.cache_clear()
        items: list[Payload] = []
        async with warm_socket(items) as way:
            turns = [await hold(way, items, number % 2) for number in range(TURNS)]
            on_the_wire = sum(request.bytes for request in server.requests)
            assert way.sent() == on_the_wire
        openai_client.cache_clear()
    assert len(server.requests) == 1 + TURNS + TURNS // 2
    assert growth(turns[0::2]) == 0
    assert growth(turns[1::2]) == 0


def growth(turns: list[Turn]) -> float:
    """Bytes by which a turn is longer than the one before."""
    return slope([turn.bytes for turn in turns])
