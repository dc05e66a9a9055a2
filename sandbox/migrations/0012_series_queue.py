from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sandbox", "0011_series")]

    operations = [
        migrations.RemoveIndex(model_name="run", name="sandbox_run_queue"),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["status", "interactive", "series", "created_at"], name="sandbox_run_queue"
            ),
        ),
    ]
