"""manage.py or Celery with other constants: what takes minutes in life takes seconds here.

`program(waits)` is the command; `waits` says for each module what its names are to be.
"""

import importlib
import json
import os
import sys
from collections.abc import Mapping
from typing import Any, Final

Waits = Mapping[str, Mapping[str, float | None]]

# No containers that prove the sandbox before the first run: for tests of something else.
UNPROVEN: Final[Waits] = {"sandbox.tasks": {"require_healthy": None}}


def program(waits: Waits) -> tuple[str, ...]:
    """What runs manage.py; "celery" as its first argument runs Celery instead."""
    return (sys.executable, "-m", "tests.hurried", json.dumps(waits))


def change(waits: Waits) -> None:
    """Give each name its number; for None it does nothing when it is called."""
    for module, names in waits.items():
        changed = importlib.import_module(module)
        for name, value in names.items():
            assert hasattr(changed, name), f"{module}.{name} is called otherwise by now"
            setattr(changed, name, _nothing if value is None else value)


def _nothing(*_: Any) -> None:
    """In place of what a test does without."""


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutor.settings")
    import django

    django.setup()
    change(json.loads(sys.argv.pop(1)))
    if sys.argv[1] == "celery":
        from celery.__main__ import main

        sys.argv = sys.argv[1:]
        main()
    else:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
