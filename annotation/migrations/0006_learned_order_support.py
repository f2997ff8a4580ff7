from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0004_detection_not_applicable")]

    operations = [
        migrations.AddField(model_name="learnedorder", name="support", field=models.JSONField(default=dict)),
    ]
