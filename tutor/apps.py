"""The Django app."""

import logging
import sys

import structlog
from django.apps import AppConfig


class TutorConfig(AppConfig):
    """Loads Celery when Django starts, so that importing the pure modules loads neither."""

    name = "tutor"
    verbose_name = "Tutor"

    def ready(self) -> None:
        """Bind tasks, checks and logs."""
        from tutor import celery, checks, database  # noqa: F401  # tasks and signals bind to them
        from tutor.web import admin, changes  # noqa: F401  # Django looks beside this file only; signals

        structlog.configure(
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.processors.JSONRenderer(),
            ],
            # A line in one piece: several processes may share a file.
            logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        )
