import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0017_rows_by_owner")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="asked_in",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.CreateModel(
            name="Process",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("web", "web"), ("worker", "worker"), ("reaper", "reaper")], max_length=10
                    ),
                ),
                ("host", models.CharField(max_length=64)),
                ("pid", models.PositiveIntegerField()),
                ("version", models.CharField(max_length=20)),
                ("started_at", models.DateTimeField()),
                ("heard_at", models.DateTimeField()),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="processes",
                        to="annotation.job",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "processes",
                "constraints": [models.UniqueConstraint(fields=("host", "pid"), name="one_row_per_process")],
            },
        ),
    ]
