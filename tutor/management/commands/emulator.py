"""`manage.py emulator`: a local model for whoever has no key. Needs no database."""

import asyncio
import signal
from argparse import ArgumentParser
from dataclasses import fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tutor import practice
from tutor.emulator import Emulator, FaultError, Pace, Settings, control, scripts, serve

DEFAULT_PORT = 8765
LAST_PORT = 65_535


class Command(BaseCommand):
    help = "Serve OpenAI's Responses API in WebSocket mode on this machine, with a scripted tutor."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        names, settings = ", ".join(control.NAMES), ", ".join(f.name for f in fields(Settings))
        parser.epilog = f"Faults: {names}. Settings, for set: {settings}."
        parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
        parser.add_argument("--api-key", default="", help="the only key that is accepted")
        parser.add_argument("--log", type=Path, help="a JSON line per request goes to this file")
        parser.add_argument("--script", type=Path, help="answers from a JSON file, in turn")
        parser.add_argument(
            "--fault", action="append", default=[], metavar="NAME[,FIELD=VALUE...]",
            help="what will go wrong: close,after=3 or set,warm_up=terminal_only; repeatable",
        )  # fmt: skip
        parser.add_argument(
            "--strict-openresponses", action="store_true",
            help="refuse what the Open Responses specification does not have",
        )  # fmt: skip
        parser.add_argument("--first-token-ms", type=float, default=150)
        parser.add_argument("--tokens-per-second", type=float, default=40, help="0: no limit")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not 0 <= options["port"] <= LAST_PORT:
            raise CommandError(f"--port must be between 0 and {LAST_PORT}.")
        if options["first_token_ms"] < 0 or options["tokens_per_second"] < 0:
            raise CommandError("--first-token-ms and --tokens-per-second must not be negative.")
        try:
            options["model"] = scripts.read(options["script"]) if options["script"] else None
            asyncio.run(self._serve(options))
        except (FaultError, scripts.ScriptError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(_explain(error, options)) from None

    async def _serve(self, options: dict[str, Any]) -> None:
        pace = Pace(options["first_token_ms"] / 1000, options["tokens_per_second"])
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with serve(
            port=options["port"],
            model=options["model"] or practice.answer,
            settings=Settings(strict_openresponses=options["strict_openresponses"]),
            pace=pace,
            api_key=options["api_key"],
            log=options["log"],
            record=False,
        ) as emulator:
            _apply_faults(emulator, options["fault"])
            # A supervisor waits for this line.
            self.stdout.write(f"Emulator listens on {emulator.base_url}")
            self.stdout.flush()
            await stop.wait()


def _apply_faults(emulator: Emulator, faults: list[str]) -> None:
    for text in faults:
        control.execute(emulator, control.parse_command(text))


def _explain(error: OSError, options: dict[str, Any]) -> str:
    if error.filename and error.filename == str(options["script"]):
        return f"The script {error.filename} cannot be read: {error.strerror}."
    if error.filename:
        return f"The log {error.filename} cannot be written: {error.strerror}."
    return f"The emulator cannot listen on port {options['port']}: it is taken, or not allowed."
