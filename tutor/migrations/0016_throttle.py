from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tutor", "0015_response_cost"),
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
