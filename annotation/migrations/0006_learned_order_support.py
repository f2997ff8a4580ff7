from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0005_worth_deciding")]

    operations = [
        migrations.AddField(model_name="learnedorder", name="support", field=models.JSONField(default=dict)),
    ]
