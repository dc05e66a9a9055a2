"""Programs that a test runs in a process of its own, against a PostgreSQL."""

import json
import os
from typing import Any

from tests.prepared import printed_by


def told_by(program: str, url: str, *arguments: str) -> Any:
    """What the program, run in a process of its own, prints of the database at `url`."""
    env = {**os.environ, "DATABASE_URL": url}
    return json.loads(printed_by("tests.hurried:execute", program, *arguments, env=env))
