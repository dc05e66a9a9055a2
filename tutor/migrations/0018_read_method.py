"""Who reads dialogues reads the predictions, hints and runs in them."""

from typing import Any

from django.db import migrations

READS = "view_conversation"
# Their permissions are there after all migrations only, so they are made here, under Django's names.
NEW = {
    "prediction": "Can view prediction",
    "hintgiven": "Can view hint given",
    "steprun": "Can view step run",
}


def grant(apps: Any, schema_editor: Any) -> None:
    """Give the groups, and the people beside them, that may read dialogues what is new in these."""
    database = schema_editor.connection.alias
    permissions = apps.get_model("auth", "Permission").objects.using(database)
    reads = permissions.filter(content_type__app_label="tutor", codename=READS).first()
    if reads is None or not (reads.group_set.exists() or reads.user_set.exists()):
        return
    types = apps.get_model("contenttypes", "ContentType").objects.using(database)
    for model, name in NEW.items():
        kind, _ = types.get_or_create(app_label="tutor", model=model)
        permission, _ = permissions.get_or_create(
            content_type=kind, codename=f"view_{model}", defaults={"name": name}
        )
        permission.group_set.add(*reads.group_set.all())
        permission.user_set.add(*reads.user_set.all())


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("tutor", "0017_method"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop, elidable=True)]
