"""Somebody may type to a run; what came in which order; chosen limits; a file's size."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Length


def measure(apps: Any, schema_editor: Any) -> None:
    """Say of files that were stored before how long they are."""
    files = apps.get_model("sandbox", "RunFile").objects
    files.update(size=Length("data"))


class Migration(migrations.Migration):
    dependencies = [
        ("sandbox", "0005_files"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RunInput",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(blank=True)),
                ("ends", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="run",
            name="input_ended",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="run",
            name="interactive",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="run",
            name="limits",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="run",
            name="order",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="run",
            name="typed",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="run",
            name="typed_bytes",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="runfile",
            name="size",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="run",
            name="origin",
            field=models.CharField(
                choices=[("student", "Student"), ("tutor", "Tutor"), ("check", "Check")],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="status",
            field=models.CharField(
                choices=[
                    ("queued", "queued"),
                    ("running", "running"),
                    ("ok", "ok"),
                    ("error", "error"),
                    ("timeout", "timeout"),
                    ("memory", "memory"),
                    ("output_limit", "output limit"),
                    ("idle", "idle"),
                    ("crashed", "crashed"),
                    ("cancelled", "cancelled"),
                    ("unavailable", "unavailable"),
                    ("sandbox_error", "sandbox error"),
                ],
                default="queued",
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["status", "created_at"], name="sandbox_run_queue"),
        ),
        migrations.AddField(
            model_name="runinput",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="inputs", to="sandbox.run"
            ),
        ),
        migrations.RunPython(measure, migrations.RunPython.noop),
    ]
