"""The Celery application: it carries runs from the web process to the sandbox workers."""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup
from django.core.checks import run_checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutor.settings")

app = Celery("tutor")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_after_setup.connect
def tell_what_is_wrong(**_: Any) -> None:
    """Log what the system checks find. Celery runs them too, and keeps it to itself.

    No log-in goes through a worker, so it works all the same; `manage.py serve` would refuse.
    """
    for found in run_checks():
        logging.getLogger(__name__).log(found.level, "%s", found)
