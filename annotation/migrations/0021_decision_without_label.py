from django.db import migrations, models

from annotation.migrations._beside_work import AddIndexBesideWork


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("annotation", "0020_cases_passed_up")]

    operations = [
        AddIndexBesideWork(
            model_name="decision",
            index=models.Index(
                condition=models.Q(("outcome__in", ("ambiguous", "different", "bad_input"))),
                fields=["expert", "case"],
                name="decision_without_label",
            ),
        ),
    ]
