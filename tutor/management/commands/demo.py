"""`manage.py demo`: the demo accounts, enrolled in every course, or disabled."""

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from courses.models import Course, Enrolment
from tutor.identity import demo

NO_DEMO = (
    "This is no demo: OPENAI_API_KEY, OPENAI_BASE_URL or HTTPS is set. There are no demo accounts "
    "here, for their passwords are public. An administrator: manage.py createsuperuser"
)


class Command(BaseCommand):
    """Idempotent. Touches no account of the same name that has a password of its own."""

    help = "Create the demo accounts and enrol them in every course. Refuses outside a demo."
    # One of the checks says that --disable is needed.
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add --disable."""
        parser.add_argument(
            "--disable", action="store_true", help="shut them instead; what they have done stays"
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Create or disable the accounts, and print them."""
        if options["disable"]:
            for account in demo.disable():
                self.stdout.write(f"disabled {account.username}")
            return
        if not settings.IS_DEMO:
            raise CommandError(NO_DEMO)
        for account in demo.ACCOUNTS:
            user = demo.create(account)
            if user is None:
                self.stderr.write(f"{account.username} has a password of their own: left alone.")
                continue
            for course in Course.objects.all():
                Enrolment.objects.get_or_create(course=course, student=user)
            self.stdout.write(f"{account.role:<11} {account.username} / {account.password}")
