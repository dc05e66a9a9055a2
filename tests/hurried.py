"""manage.py and Celery with other constants: what takes minutes in life takes seconds here.

`waits` says for each module what its names are to be.
"""

import importlib
import runpy
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

Waits = Mapping[str, Mapping[str, float | timedelta | None]]

# No containers that prove the sandbox before the first run: for tests of something else.
UNPROVEN: Final[Waits] = {"sandbox.tasks": {"require_healthy": None}}
# So soon the turns of a process that was killed go on in another one.
CLAIM = timedelta(seconds=2)
SHORT_CLAIMS: Final[Waits] = {
    "tutor.models.conversation": {"LEASE": CLAIM},
    "tutor.models.dialogue": {"LEASE": CLAIM},
    "tutor.session.session": {"RENEW_S": CLAIM.total_seconds() / 3},
}


def manage(arguments: Sequence[str], waits: Waits) -> None:
    """manage.py, in a process of its own: it may end it."""
    _set_up(waits)
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", *arguments])


def celery(arguments: Sequence[str], waits: Waits) -> None:
    """Celery's command likewise."""
    _set_up(waits)
    from celery.__main__ import main

    sys.argv = ["celery", *arguments]
    main()


def execute(script: str, *arguments: str) -> None:
    """A script, as `python -c` runs it."""
    sys.argv = ["-c", *arguments]
    exec(script, {"__name__": "__main__"})  # noqa: S102  # a test's own


def module(name: str) -> None:
    """A module, as `python -m` runs it."""
    runpy.run_module(name, run_name="__main__")


def _set_up(waits: Waits) -> None:
    if waits:
        import django

        django.setup()
        change(waits)


def change(waits: Waits) -> None:
    """Give each name its number; for None it does nothing when it is called."""
    for module, names in waits.items():
        changed = importlib.import_module(module)
        for name, value in names.items():
            assert hasattr(changed, name), f"{module}.{name} is called otherwise by now"
            setattr(changed, name, _nothing if value is None else value)


def _nothing(*_: Any) -> None:
    """In place of what a test does without."""
