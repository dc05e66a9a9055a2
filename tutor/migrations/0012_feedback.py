"""An attempt's row holds facts of our own; 0013 makes them of the frames that are there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tutor", "0011_revisions"),
    ]

    operations = [
        migrations.RenameField("attempt", "told", "feedback"),
        migrations.RenameField("attempt", "beliefs", "misconceptions"),
        migrations.AlterField(
            model_name="attempt",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "pending"),
                    ("judged", "judged"),
                    ("failed", "not judged"),
                    ("unread", "not judged"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
    ]
