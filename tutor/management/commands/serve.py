"""`manage.py serve`: the web process; in the embedded default with the sandbox worker in it."""

import argparse
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Listens on one address until SIGINT or SIGTERM."""

    help = "Serve the classroom with daphne, and run programs too if there is no REDIS_URL."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Where to listen."""
        parser.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
        parser.add_argument("--port", type=int, default=8000, help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, serve, and clean up."""
        # Twisted's reactor is chosen by this import, so it must come before any other of Twisted.
        from daphne.server import Server

        from tutor.asgi import application
        from tutor.frames import MAX_FRAME_BYTES

        endpoint = f"tcp:port={options['port']}:interface={options['host']}"
        server = Server(
            application,
            endpoints=[endpoint],
            # Above this daphne cuts the connection; up to it the consumer answers with a reason.
            websocket_max_message_size=16 * MAX_FRAME_BYTES,
            websocket_max_frame_size=16 * MAX_FRAME_BYTES,
            application_close_timeout=2,
            server_name="tutor",
        )
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
        if not server.listening_addresses:
            raise CommandError(f"Port {options['port']} is not free.")
        sys.exit(0)
