from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0014_cases_held")]

    operations = [
        migrations.AddField(
            model_name="fileimport",
            name="state",
            field=models.CharField(blank=True, db_default="", default="", max_length=10),
        ),
    ]
