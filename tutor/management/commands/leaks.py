"""`manage.py leaks FILE`: labelled messages, judged by the leak gate in the real sandbox."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tutor.management.labelled_messages import UnreadableFile, read_messages
from tutor.management.leak_judging import Judged, judged_message
from tutor.management.leak_report import report
from tutor.management.series import NoSandbox

# What cannot be read, and a sandbox that cannot be had.
BAD_FILE, NO_SANDBOX = 2, 1


class Command(BaseCommand):
    help = "Judges labelled messages of a tutor as the leak gate does: which of them solve a task?"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a list of messages, as JSON")
        parser.add_argument(
            "--json", action="store_true", help="print a line of JSON for each message, and no more"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            messages = read_messages(path)
        except UnreadableFile as problem:
            raise CommandError(f"{path}: {problem}", returncode=BAD_FILE) from None
        found: list[Judged] = []
        try:
            for message in messages:
                found.append(judged_message(message))
                if options["json"]:
                    self.stdout.write(json.dumps(found[-1].to_json()))
        except NoSandbox as problem:
            raise CommandError(f"The sandbox: {problem}", returncode=NO_SANDBOX) from None
        if not options["json"]:
            self.stdout.write(report(found), ending="")
