"""Databases that many tests begin with: each is made once in a process, and copied."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.forked import Forked

# Enough for migrations and many accounts on a busy machine.
PATIENCE_S = 120
BEGIN = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
# The file is whole only when nobody has it open any more.
END = """
from django.db import connections
connections.close_all()
"""


def prepare(folder: Path, script: str = "") -> str:
    """Put a database into `folder`, an embedded site's DATA_DIR: migrated, and as `script` makes
    it. What the script has printed."""
    made, said = _made(script)
    for name in ("tutor.sqlite3", "secret-key"):
        shutil.copy(made / name, folder / name)
    return said


@cache
def _made(script: str) -> tuple[Path, str]:
    folder = Path(tempfile.mkdtemp(prefix="prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # Set and empty: so no .env of a developer's brings in a database, or what no demo has.
    names = ("DATABASE_URL", "REDIS_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTPS")
    env = {**os.environ, **dict.fromkeys(names, ""), "DATA_DIR": str(folder)}
    return folder, printed_by("tests.hurried:execute", BEGIN + script + END, env=env)


def printed_by(entry: str, *arguments: Any, env: Mapping[str, str]) -> str:
    """What a process prints until its end, which must be a good one."""
    with tempfile.TemporaryDirectory(prefix="printed-") as folder:
        log = Path(folder) / "log"
        code = Forked(entry, *arguments, env=env, log=log).wait(PATIENCE_S)
        printed = log.read_text()
    assert code == 0, printed[-2000:]
    return printed
