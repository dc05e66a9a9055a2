"""`manage.py model check`: a small dialogue that says what the model's server can do."""

import asyncio
import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tutor.method import pricing
from tutor.protocol.events import Usage
from tutor.upstream.check.dialogue import Check
from tutor.upstream.check.report import ExitCode, Report
from tutor.upstream.client import close_client, openai_client

EXIT_CODES = """\
exit codes:  0  all that the tutor needs works       69  no server answers at the address
             1  something that it needs does not     77  the key is refused
                                                     78  no such endpoint or model, or no address
docs/models.md says what the findings mean.
"""
TIMEOUT_S = 60.0


class Command(BaseCommand):
    help = "Tries the model out, without a student. No row is written; it costs up to 20 requests."
    requires_system_checks: list[str] = []

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        return super().create_parser(
            *args, epilog=EXIT_CODES, formatter_class=RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        check = actions.add_parser("check", help="hold a small dialogue and say what works")
        check.add_argument("--json", action="store_true", help="print the report as JSON")
        check.add_argument("--model", default="", help="another model than OPENAI_MODEL")
        check.add_argument(
            "--timeout", type=float, default=TIMEOUT_S, metavar="SECONDS",
            help="how long one answer may take (default: %(default)g)",
        )  # fmt: skip
        check.add_argument(
            "--max-output-tokens", type=int, default=0, metavar="N",
            help="bound every answer, for a model that does not come to an end by itself",
        )  # fmt: skip

    def handle(self, *_args: Any, **options: Any) -> None:
        model = options["model"] or settings.OPENAI_MODEL
        if options["timeout"] <= 0 or options["max_output_tokens"] < 0:
            raise CommandError("--timeout must be above 0, and --max-output-tokens not below.")
        report = asyncio.run(_check(model, options["timeout"], options["max_output_tokens"]))
        if options["json"]:
            self.stdout.write(json.dumps(report.to_json(), indent=1))
        else:
            for line in report.lines():
                self.stdout.write(line)
        sys.exit(int(report.exit_code))


async def _check(model: str, within_s: float, max_output_tokens: int) -> Report:
    shown = without_password(settings.OPENAI_BASE_URL)
    if not is_address(settings.OPENAI_BASE_URL):
        return Report(model, shown, (), ExitCode.MISCONFIGURED)
    try:
        check = Check(
            openai_client(), model, shown, within_s, max_output_tokens=max_output_tokens,
            facts_role=settings.MODEL_FACTS_ROLE,
        )  # fmt: skip
        return await check.run()
    finally:
        await close_client()


def price(usage: Usage, model: str) -> str:
    """What tokens cost by OPENAI_PRICES; empty where they have no price."""
    prices = pricing.prices_of(pricing.price_list(settings.OPENAI_PRICES), model)
    amount = pricing.cost(usage, prices)
    return "" if amount is None else f"{amount.normalize():f} {settings.CURRENCY}"


def is_address(url: str) -> bool:
    """Whether the URL names a server."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    try:
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        return "the address"
