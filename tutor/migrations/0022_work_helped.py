"""Whether help came before a step was passed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tutor", "0021_program_history")]

    operations = [
        migrations.AddField("work", "helped", models.BooleanField(blank=True, null=True)),
    ]
