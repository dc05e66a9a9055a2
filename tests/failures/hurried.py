"""manage.py with shorter waits: what takes minutes in life takes seconds here."""

import importlib
import os
import sys
from typing import Any, Final

from django.core.management import execute_from_command_line

# Where each wait stands, its name, and how many seconds it takes here.
WAITS: Final[dict[str, dict[str, Any]]] = {
    "tutor.upstream.upstream": {"SLOW_S": 0.5, "ANSWER_TIMEOUT_S": 5.0},
}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tutor.settings")
    import django

    django.setup()
    for name, waits in WAITS.items():
        module = importlib.import_module(name)
        for wait, seconds in waits.items():
            assert hasattr(module, wait), f"{name}.{wait} is called otherwise by now"
            setattr(module, wait, seconds)
    execute_from_command_line(sys.argv)
