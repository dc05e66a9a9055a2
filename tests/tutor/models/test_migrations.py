"""What students had before a migration, they have after it."""

import importlib
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission, User
from django.db import connection

from tests.prepared import printed_by
from tests.tutor.models.old_rows import report_of

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

SUPERUSERS = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", "auth", verbosity=0)
call_command("migrate", "tutor", "0006", verbosity=0)
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
PBKDF2PasswordHasher.iterations = 1
for name, password in (("teacher", "teacher"), ("ada", "a word of my own"), ("root", "root")):
    User.objects.create_superuser(name, password=password)
call_command("migrate", verbosity=0)
print(*User.objects.filter(is_superuser=True).values_list("username", flat=True))
"""


def test_the_program_of_a_dialogue_becomes_that_of_the_step_it_was_for(tmp_path: Path) -> None:
    assert printed(BEFORE, tmp_path) == "write write 1 my_program = 1\n"


def test_a_demo_teacher_is_no_superuser_any_more_and_nobody_else_is_touched(tmp_path: Path) -> None:
    assert printed(SUPERUSERS, tmp_path).split() == ["ada", "root"]


# What a migration lets those do who read dialogues.
NEW = {
    "0018_read_method": ["view_prediction", "view_hintgiven", "view_steprun"],
    "0020_read_judgements": ["view_judgement", "change_judgement"],
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", NEW)
def test_who_reads_dialogues_reads_what_is_new_in_them_and_nobody_else(name: str) -> None:
    new = Permission.objects.filter(codename__in=NEW[name])
    names = dict(new.values_list("codename", "name"))
    new.delete()  # as before the migrations
    reads = Permission.objects.get(codename="view_conversation")
    teachers = Group.objects.create(name="Teachers")
    teachers.permissions.add(reads)
    reader, ada = User.objects.create(username="reader"), User.objects.create(username="ada")
    reader.user_permissions.add(reads)
    Group.objects.create(name="Others").permissions.add(
        Permission.objects.get(codename="view_turn")
    )
    migration: Any = importlib.import_module(f"tutor.migrations.{name}")
    for _ in range(2):
        migration.grant(apps, SimpleNamespace(connection=connection))
        create_permissions(apps.get_app_config("tutor"), verbosity=0)
    assert dict(new.values_list("codename", "name")) == names
    assert set(teachers.permissions.all()) == set(reader.user_permissions.all()) == {reads, *new}
    assert not ada.user_permissions.exists()
    assert Group.objects.get(name="Others").permissions.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("name", NEW)
def test_where_nobody_may_read_dialogues_nothing_is_granted(name: str) -> None:
    migration: Any = importlib.import_module(f"tutor.migrations.{name}")
    new = Permission.objects.filter(codename__in=NEW[name])
    new.delete()
    migration.grant(apps, SimpleNamespace(connection=connection))
    assert not new.exists()


def printed(script: str, folder: Path) -> str:
    """What a script prints that has this folder's database."""
    env = os.environ | {"DATA_DIR": str(folder)}
    env.pop("DATABASE_URL", None)
    return printed_by("tests.hurried:execute", script, env=env)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What has become of the dialogues in old_calls.py."""
    return report_of("old_calls", request.param, tmp_path_factory.mktemp(request.param))


NOT_RUN = ["unavailable", "", "This program was not run: th"]


def test_a_run_stays_that_of_the_first_call_with_its_id_and_the_others_were_not_run(
    migrated: Any,
) -> None:
    dialogues = migrated["dialogues"]
    assert dialogues["over turns"]["shown"] == [[2, "1", "ok", "1", ""], [6, "", *NOT_RUN]]
    assert dialogues["in one response"]["shown"] == [
        [2, "1", "ok", "1", ""], [3, "", *NOT_RUN],
        [9, "", *NOT_RUN], [10, "", *NOT_RUN],
    ]  # fmt: skip
    assert dialogues["refused"]["shown"] == [
        [4, "1", "ok", "1", ""],
        [6, "xxx", "error", "xxx", ""],
    ]


def test_every_call_of_a_turn_that_is_over_has_an_output_in_its_place(migrated: Any) -> None:
    dialogues = migrated["dialogues"]
    # After what the compaction stands for; what it stands for had a call without an output too.
    told = ["compaction", "user", "123", "123", "1", None]
    assert dialogues["in one response"]["told"] == told
    assert dialogues["compacted"]["told"] == ["compaction", "user", "assistant"]
    assert dialogues["over turns"]["told"].count("1") == 2
    left_open = [one["open"] for name, one in dialogues.items() if name != "odd"]
    assert left_open == [[], [], [], [2, 3], [3], [], []]


def test_a_turn_that_is_on_is_taken_up_where_it_was(migrated: Any) -> None:
    dialogues = migrated["dialogues"]
    assert dialogues["left while a program ran"]["shown"] == [
        [2, "1", "running", "1", ""], [3, "", "queued", "", ""],
    ]  # fmt: skip
    assert dialogues["left after the output"]["shown"] == [
        [2, "1", "ok", "1", ""], [3, "", "queued", "", ""],
    ]  # fmt: skip


def test_an_id_that_looks_like_a_name_of_ours_is_no_name_of_ours(migrated: Any) -> None:
    shown = migrated["dialogues"]["lookalike"]["shown"]
    assert shown == [[2, "1", "ok", "1", ""], [3, "2", "ok", "2", ""]]


def test_rows_that_cannot_be_understood_stay_as_they_are(migrated: Any) -> None:
    assert migrated["dialogues"]["odd"]["shown"] == [[4, "1", "ok", "1", ""]]
    assert "weird" in migrated["now"]
    odd = [key for key in migrated["now"] if key.endswith(":a")]
    assert len(odd) == 2


def test_there_is_a_way_back_and_the_runs_of_students_keep_their_names(migrated: Any) -> None:
    assert migrated["back"] == migrated["old"]
    assert migrated["again"]
    assert "1:student:call_0000" in migrated["now"]
    assert all(":call." in key for key in migrated["now"] if ":tutor:" in key)
