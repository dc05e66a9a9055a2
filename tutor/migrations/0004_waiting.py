"""A message's name moves from its turn to its item; messages may wait."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def name_messages(apps: Any, schema_editor: Any) -> None:
    """Give each turn's first item, the student's message, the name that the turn had."""
    turns = apps.get_model("tutor", "Turn").objects.all()
    items = apps.get_model("tutor", "Item").objects
    for turn in turns.iterator():
        first = items.filter(turn=turn).order_by("number").first()
        if first:
            items.filter(pk=first.pk).update(client_id=turn.client_id)


class Migration(migrations.Migration):
    dependencies = [
        ("tutor", "0003_compaction"),
    ]

    operations = [
        migrations.AddField(
            model_name="item",
            name="client_id",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.RunPython(name_messages, elidable=True),
        migrations.RemoveConstraint(
            model_name="turn",
            name="message_once",
        ),
        migrations.RemoveField(
            model_name="turn",
            name="client_id",
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.UniqueConstraint(
                condition=models.Q(("client_id", ""), _negated=True),
                fields=("conversation", "client_id"),
                name="message_once",
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["created_at"], name="item_created_at"),
        ),
        migrations.CreateModel(
            name="Waiting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("client_id", models.CharField(max_length=64)),
                ("payload", models.JSONField()),
                ("program", models.TextField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="waiting",
                        to="tutor.conversation",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "waiting",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("conversation", "client_id"), name="waiting_once"
                    )
                ],
            },
        ),
    ]
