"""What students had before a migration, they have after it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

BEFORE = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

executor = MigrationExecutor(connection)
wanted = [node for node in executor.loader.graph.leaf_nodes() if node[0] != "tutor"]
executor.migrate([*wanted, ("tutor", "0004_waiting")])
apps = MigrationExecutor(connection).loader.project_state(
    [*wanted, ("tutor", "0004_waiting")]
).apps
course = apps.get_model("courses", "Course").objects.create(slug="c", title="C", language="python")
steps = [{"id": "guess", "kind": "predict"}, {"id": "write", "kind": "code"}]
lesson = apps.get_model("courses", "Lesson").objects.create(
    course=course, slug="l", title="L", position=1, digest="d", document={"steps": steps}
)
student = apps.get_model("auth", "User").objects.create(username="ada")
apps.get_model("tutor", "Conversation").objects.create(
    student=student, lesson=lesson, code="my_program = 1"
)
call_command("migrate", verbosity=0)
from tutor.models import Conversation
conversation = Conversation.objects.get()
work = conversation.works.get()
print(conversation.step, work.step, work.revision, work.code)
"""


def test_the_program_of_a_dialogue_becomes_that_of_the_step_it_was_for(tmp_path: Path) -> None:
    env = os.environ | {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tutor.settings"}
    env.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", BEFORE], cwd=ROOT, env=env, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("write write 1 my_program = 1\n", 0), done.stderr
