"""Databases that many tests begin with: each is made once in a process, and copied."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
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
    settings = {"DJANGO_SETTINGS_MODULE": "tutor.settings", **dict.fromkeys(names, "")}
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + script + END],
        cwd=ROOT, env={**os.environ, **settings, "DATA_DIR": str(folder)}, check=True,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return folder, done.stdout
