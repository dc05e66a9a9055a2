"""A model that costs next to nothing: it says as many pieces as it is asked for, at the pace asked.

`python -m tests.bench.fake_model --port N`. What the student says orders the answer:
`200 0` is 200 pieces at once, `250 50` is 250 pieces at 50 a second. Each piece is the moment of
its sending in nanoseconds of the machine's monotonic clock; the first begins with `r` and the
moment when the request came. So whoever reads them knows how long they were under way.
"""

import argparse
import asyncio
import json
import time
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

# The fields of a real delta, so that reading one costs what it costs in life.
WHERE = {
    "item_id": "msg_" + 50 * "0",
    "output_index": 0,
    "content_index": 0,
    "logprobs": [],
    "obfuscation": "0123456789ab",
}
BEFORE, AFTER = json.dumps(
    {"type": "response.output_text.delta", "sequence_number": 4, **WHERE, "delta": "@"},
    separators=(",", ":"),
).split("@")

SHORT_FRAME = 126
MEDIUM_FRAME = 65_536


async def answer(websocket: ServerConnection) -> None:
    """One client: every request gets its answer before the next is read."""
    async for message in websocket:
        arrived = time.monotonic_ns()
        request = json.loads(message)
        _send(websocket, _lifecycle("response.created", "in_progress", []))
        said = ""
        if request.get("generate") is not False:
            pieces, per_second = _order(request)
            said = await _speak(websocket, arrived, pieces, per_second)
        item = {
            "type": "message",
            "id": WHERE["item_id"],
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": said, "annotations": []}],
        }
        _send(websocket, _lifecycle("response.completed", "completed", [item] if said else []))


async def _speak(websocket: ServerConnection, arrived: int, pieces: int, per_second: float) -> str:
    said = []
    begun = time.monotonic()
    for number in range(pieces):
        if per_second and number:
            await asyncio.sleep(begun + number / per_second - time.monotonic())
        piece = f"{time.monotonic_ns()} " if number else f"r{arrived} {time.monotonic_ns()} "
        said.append(piece)
        _send(websocket, BEFORE + piece + AFTER)
    return "".join(said)


def _order(request: dict[str, Any]) -> tuple[int, float]:
    """How many pieces are wanted, and how many a second (0: all at once)."""
    pieces, per_second = request["input"][-1]["content"][0]["text"].split()
    return int(pieces), float(per_second)


def _lifecycle(kind: str, status: str, output: list[Any]) -> str:
    response = {"id": "resp_" + 50 * "0", "object": "response", "status": status, "output": output}
    return json.dumps({"type": kind, "sequence_number": 0, "response": response})


def _send(websocket: ServerConnection, text: str) -> None:
    """One text frame, written by hand: the far end must not be what is measured."""
    body = text.encode()
    if len(body) < SHORT_FRAME:
        head = bytes([0x81, len(body)])
    elif len(body) < MEDIUM_FRAME:
        head = bytes([0x81, 126]) + len(body).to_bytes(2)
    else:
        head = bytes([0x81, 127]) + len(body).to_bytes(8)
    websocket.transport.write(head + body)


async def main(port: int) -> None:
    """Serve until killed."""
    async with serve(
        answer, "127.0.0.1", port, compression=None, max_size=None, ping_interval=None
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A model that costs next to nothing.")
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(main(parser.parse_args().port))
