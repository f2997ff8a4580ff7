from django.db import migrations, models

from annotation.migrations._beside_work import AddIndexBesideWork


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("annotation", "0019_access")]

    operations = [
        AddIndexBesideWork(
            model_name="case",
            index=models.Index(
                condition=models.Q(("status", "open"), models.Q(("awaits", "experts"), _negated=True)),
                fields=["dataset", "awaits", "id"],
                name="cases_passed_up",
            ),
        ),
    ]
