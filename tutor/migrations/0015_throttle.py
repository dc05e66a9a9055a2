from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tutor", "0014_compacts_up_to"),
    ]

    operations = [
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("full_at", models.FloatField(db_index=True)),
            ],
        ),
    ]
