"""The Django app."""

from django.apps import AppConfig


class TutorConfig(AppConfig):
    """Loads Celery when Django starts, so that importing the pure modules loads neither."""

    name = "tutor"
    verbose_name = "Tutor"

    def ready(self) -> None:
        from tutor import celery  # noqa: F401  # shared tasks bind to this application
