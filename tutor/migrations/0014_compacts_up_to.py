from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("tutor", "0013_feedback_facts"),
    ]

    operations = [migrations.RenameField("item", "stands_for", "compacts_up_to")]
