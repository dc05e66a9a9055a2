"""The Django app."""

from django.apps import AppConfig
from django.core.checks import register


class SandboxConfig(AppConfig):
    """The app's name and its place in the admin; registers the system checks."""

    name = "sandbox"
    verbose_name = "Sandbox"

    def ready(self) -> None:
        from . import checks  # settings must be loaded first

        register(checks.check_settings)
        register(checks.check_seccomp)
