from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0003_costs")]

    operations = [
        migrations.AddField(
            model_name="detection",
            name="not_applicable",
            field=models.JSONField(
                default=dict, help_text="detector → why there was nothing for it to look at"
            ),
        ),
        migrations.AlterField(
            model_name="detection",
            name="failed",
            field=models.JSONField(default=dict, help_text="detector → how it failed"),
        ),
    ]
