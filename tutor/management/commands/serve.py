"""`manage.py serve`: the web process; in the embedded default with the sandbox worker in it."""

import argparse
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Listens on one address until SIGINT or SIGTERM."""

    help = "Serve the classroom, and run programs too if there is no REDIS_URL."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Where to listen."""
        parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
        parser.add_argument(
            "--port", type=int, default=8000,
            help="default: %(default)s; with 0 a free one, which the log tells",
        )  # fmt: skip
        parser.add_argument(
            "--server", choices=["daphne", "uvicorn"], default="daphne", help="default: %(default)s"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, serve, and clean up."""
        server = _server(options["server"], options["host"], options["port"])
        worker = None
        if settings.EMBEDDED:
            from sandbox.embedded import EmbeddedWorker

            worker = EmbeddedWorker()
            worker.start()
        try:
            server.run()
        finally:
            if worker:
                worker.stop()
        if not server.has_listened:
            raise CommandError(f"Port {options['port']} is not free.")
        sys.exit(0)


def _server(name: str, host: str, port: int) -> Any:
    # Daphne's import chooses Twisted's reactor, which the other commands can do without.
    if name == "daphne":
        from tutor.serving import daphne

        return daphne.server_on(host, port)
    try:
        from tutor.serving import uvicorn
    except ModuleNotFoundError as error:
        raise CommandError(f"{error.name} is not installed: pip install uvicorn") from None
    return uvicorn.server_on(host, port)
