"""Who reads dialogues reads what was held back of them, and may say that it was so wrongly."""

from typing import Any

from django.db import migrations

READS = "view_conversation"
# Their permissions are there after all migrations only, so they are made here, under Django's names.
NEW = {"view_judgement": "Can view judgement", "change_judgement": "Can change judgement"}


def grant(apps: Any, schema_editor: Any) -> None:
    """Give the groups, and the people beside them, that may read dialogues what is new in these."""
    database = schema_editor.connection.alias
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    reads = permissions.filter(content_type__app_label="tutor", codename=READS).first()
    if reads is None or not (reads.group_set.exists() or reads.user_set.exists()):
        return
    types = apps.get_model("contenttypes", "ContentType").objects.using(database)
    kind, _ = types.get_or_create(app_label="tutor", model="judgement")
    for codename, name in NEW.items():
        permission, _ = permissions.get_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )
        permission.group_set.add(*reads.group_set.all())
        permission.user_set.add(*reads.user_set.all())


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("tutor", "0019_leak_gate"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop, elidable=True)]
