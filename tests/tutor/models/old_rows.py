"""Rows of an earlier release, and what the migrations make of them.

A script of this folder writes them into an empty database, migrates, and prints a report as JSON.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.prepared import printed_by
from tests.servers import postgres


def report_of(script: str, database: str, folder: Path) -> Any:
    """What a script prints that has an empty database: `sqlite`, in `folder`, or `postgresql`."""
    env = os.environ | {"DATA_DIR": str(folder)}
    env.pop("DATABASE_URL", None)
    with postgres() if database == "postgresql" else contextlib.nullcontext() as url:
        if url:
            env["DATABASE_URL"] = url
        return json.loads(printed_by("tests.hurried:module", f"{__package__}.{script}", env=env))


def migrate(target: tuple[str, str]) -> Any:
    """The models as they are after that migration of the tutor's."""
    executor = MigrationExecutor(connection)
    wanted = [node for node in executor.loader.graph.leaf_nodes() if node[0] != "tutor"]
    wanted.append(target)
    executor.migrate(wanted)
    return MigrationExecutor(connection).loader.project_state(wanted).apps
