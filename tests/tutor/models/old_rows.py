"""Rows of an earlier release, and what the migrations make of them.

A script of this folder writes them into an empty database, migrates, and prints a report as JSON.
"""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.servers import postgres

ROOT = Path(__file__).parents[3]


def report_of(script: str, database: str, folder: Path) -> Any:
    """What a script prints that has an empty database: `sqlite`, in `folder`, or `postgresql`."""
    env = os.environ | {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "tutor.settings"}
    env.pop("DATABASE_URL", None)
    with postgres() if database == "postgresql" else contextlib.nullcontext() as url:
        if url:
            env["DATABASE_URL"] = url
        done = subprocess.run(
            [sys.executable, "-m", f"tests.tutor.models.{script}"], cwd=ROOT, env=env,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def migrate(target: tuple[str, str]) -> Any:
    """The models as they are after that migration of the tutor's."""
    executor = MigrationExecutor(connection)
    wanted = [node for node in executor.loader.graph.leaf_nodes() if node[0] != "tutor"]
    wanted.append(target)
    executor.migrate(wanted)
    return MigrationExecutor(connection).loader.project_state(wanted).apps
