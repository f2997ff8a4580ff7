import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0015_imports_in_pieces")]

    operations = [
        migrations.AddField(model_name="detection", name="finished", field=models.BooleanField(default=True)),
        migrations.AddField(
            model_name="detection",
            name="job",
            field=models.ForeignKey(
                help_text="that writes or wrote it", null=True, on_delete=django.db.models.deletion.SET_NULL,
                related_name="+", to="annotation.job",
            ),
        ),
        migrations.AlterField(
            model_name="detection",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, help_text="when it could be seen"),
        ),
    ]
