"""A program for each step, and attempts."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def keep_programs(apps: Any, schema_editor: Any) -> None:
    """The one program that a dialogue had belonged to the lesson's first step to program."""
    work = apps.get_model("tutor", "Work").objects
    rows = apps.get_model("tutor", "Conversation").objects.select_related("lesson")
    for conversation in rows.iterator():
        steps = conversation.lesson.document["steps"]
        shown = next((step for step in steps if step["kind"] == "code"), steps[0])
        conversation.step = shown["id"]
        conversation.save(update_fields=["step"])
        work.create(conversation=conversation, step=shown["id"], code=conversation.code)


class Migration(migrations.Migration):
    dependencies = [
        ("sandbox", "0006_typing"),
        ("tutor", "0004_waiting"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="step",
            field=models.CharField(blank=True, max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="Work",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.CharField(max_length=64)),
                ("code", models.TextField(blank=True)),
                ("files", models.JSONField(blank=True, default=dict)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("begun_at", models.DateTimeField(auto_now_add=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="works",
                        to="tutor.conversation",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "work",
                "ordering": ["conversation", "begun_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("conversation", "step"), name="one_work_per_step"
                    )
                ],
            },
        ),
        migrations.RunPython(keep_programs, elidable=True),
        migrations.RemoveField(model_name="conversation", name="code"),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.CharField(max_length=64)),
                ("client_id", models.CharField(max_length=64)),
                ("answer", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("judged", "judged"),
                            ("failed", "not judged"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("number", models.PositiveIntegerField(default=0)),
                ("passed", models.BooleanField(default=False)),
                ("told", models.JSONField(blank=True, default=dict)),
                ("beliefs", models.JSONField(blank=True, default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("judged_at", models.DateTimeField(blank=True, null=True)),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="tutor.conversation",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="sandbox.run",
                    ),
                ),
            ],
            options={
                "ordering": ["conversation", "created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("conversation", "client_id"), name="attempt_once"
                    )
                ],
            },
        ),
    ]
