"""`manage.py emulator`: a local model for whoever has no key. Needs no database."""

import asyncio
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tutor.emulator import Pace, serve

DEFAULT_PORT = 8765
LAST_PORT = 65_535


class Command(BaseCommand):
    help = "Serve OpenAI's Responses API in WebSocket mode on this machine, with a scripted tutor."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
        parser.add_argument("--api-key", default="", help="the only key that is accepted")
        parser.add_argument("--log", type=Path, help="a JSON line per request goes to this file")
        parser.add_argument("--first-token-ms", type=float, default=150)
        parser.add_argument("--tokens-per-second", type=float, default=40, help="0: no limit")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not 0 <= options["port"] <= LAST_PORT:
            raise CommandError(f"--port must be between 0 and {LAST_PORT}.")
        if options["first_token_ms"] < 0 or options["tokens_per_second"] < 0:
            raise CommandError("--first-token-ms and --tokens-per-second must not be negative.")
        asyncio.run(self._serve(options))

    async def _serve(self, options: dict[str, Any]) -> None:
        pace = Pace(options["first_token_ms"] / 1000, options["tokens_per_second"])
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        try:
            async with serve(
                port=options["port"],
                pace=pace,
                api_key=options["api_key"],
                log=options["log"],
                record=False,
            ) as emulator:
                # A supervisor waits for this line.
                self.stdout.write(f"Emulator listens on {emulator.base_url}")
                self.stdout.flush()
                await stop.wait()
        except OSError as error:
            raise CommandError(_explain(error, options)) from None


def _explain(error: OSError, options: dict[str, Any]) -> str:
    if error.filename:
        return f"The log {error.filename} cannot be written: {error.strerror}."
    return f"The emulator cannot listen on port {options['port']}: it is taken, or not allowed."
