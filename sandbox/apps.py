"""The Django app."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """The app's name and its place in the admin."""

    name = "sandbox"
    verbose_name = "Sandbox"
