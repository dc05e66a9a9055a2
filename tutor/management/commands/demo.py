"""`manage.py demo`: the demo accounts, enrolled in every course."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db import transaction

from courses.models import Course, Enrolment
from tutor.demo import ACCOUNTS


class Command(BaseCommand):
    """Idempotent. Passwords are those of tutor/demo.py, whatever they were before."""

    help = "Create the demo accounts and enrol their students in every course."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Create or mend the accounts and print them."""
        for account in ACCOUNTS:
            instructor = account.role == "instructor"
            user, _ = User.objects.update_or_create(
                username=account.username,
                defaults={
                    "first_name": account.first_name,
                    "is_staff": instructor,
                    "is_superuser": instructor,
                },
            )
            if not user.check_password(account.password):
                user.set_password(account.password)
                user.save(update_fields=["password"])
            for course in Course.objects.all():
                Enrolment.objects.get_or_create(course=course, student=user)
            self.stdout.write(f"{account.role:<11} {account.username} / {account.password}")
