"""The demo's teacher was a superuser with a public password."""

from typing import Any

from django.contrib.auth.hashers import check_password
from django.db import migrations

PUBLIC = ("ada", "grace", "teacher")  # each is its password too


def demote(apps: Any, schema_editor: Any) -> None:
    """`manage.py demo` makes an instructor of who is no superuser any more."""
    users = apps.get_model("auth", "User").objects.using(schema_editor.connection.alias)
    for user in users.filter(username__in=PUBLIC, is_superuser=True):
        if check_password(user.username, user.password):
            user.is_superuser = False
            user.save(update_fields=["is_superuser"])


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("tutor", "0008_run_of_item"),
    ]

    operations = [migrations.RunPython(demote, migrations.RunPython.noop, elidable=True)]
