"""The emulator with the model of tests.bench.dialogue: `python -m tests.bench.emulated_model`."""

import argparse
import asyncio
import signal

from tests.bench.dialogue import model
from tutor import emulator


async def main(port: int) -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with emulator.serve(port=port, model=model, record=False):
        await stop.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The emulator with a model for measurements.")
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(main(parser.parse_args().port))
