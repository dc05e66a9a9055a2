"""What a relay costs at least: JSON in, JSON out, one socket upstream for each browser.

`python -m tests.bench.bare_relay --port N --model PORT`. It keeps nothing, knows nobody and gathers
nothing; to the page it speaks the few frames that tests.bench.page looks at.
"""

import argparse
import asyncio
import json

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve


async def relay(browser: ServerConnection, model_port: int) -> None:
    """One browser, for as long as it stays."""
    url = f"ws://127.0.0.1:{model_port}/v1/responses"
    async with connect(url, compression=None, max_size=None, ping_interval=None) as model:
        await browser.send(json.dumps({"type": "tutor", "state": "ready"}))
        async for message in browser:
            said = json.loads(message)
            content = [{"type": "input_text", "text": said["text"]}]
            item = {"type": "message", "role": "user", "content": content}
            await model.send(json.dumps({"type": "response.create", "input": [item]}))
            await _pass_on(model, browser)


async def _pass_on(model: ClientConnection, browser: ServerConnection) -> None:
    """Relay one answer."""
    while True:
        event = json.loads(await model.recv())
        match event["type"]:
            case "response.output_text.delta":
                await browser.send(json.dumps({"type": "delta", "text": event["delta"]}))
            case "response.completed":
                await browser.send(json.dumps({"type": "turn", "state": "done"}))
                return


async def main(port: int, model_port: int) -> None:
    """Serve until killed."""

    async def handle(browser: ServerConnection) -> None:
        await relay(browser, model_port)

    async with serve(handle, "127.0.0.1", port, compression=None, ping_interval=None):
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The least that a relay costs.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--model", type=int, required=True)
    options = parser.parse_args()
    asyncio.run(main(options.port, options.model))
