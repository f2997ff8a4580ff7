import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0016_finished_detections")]

    operations = [
        migrations.AddIndex(
            model_name="item", index=models.Index(fields=["dataset", "id"], name="item_by_import")
        ),
        migrations.AlterField(
            model_name="item",
            name="dataset",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="items",
                to="annotation.dataset",
            ),
        ),
        migrations.AddIndex(
            model_name="label", index=models.Index(fields=["annotator", "id"], name="label_by_annotator")
        ),
        migrations.AlterField(
            model_name="label",
            name="annotator",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.RESTRICT, related_name="labels",
                to="annotation.annotator",
            ),
        ),
        migrations.CreateModel(
            name="ItemCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "split",
                    models.CharField(
                        choices=[("pool", "pool"), ("production", "production"), ("taken_back", "taken back")],
                        max_length=10,
                    ),
                ),
                ("up_to", models.PositiveBigIntegerField()),
                ("n", models.PositiveBigIntegerField()),
                ("taken_back", models.PositiveBigIntegerField(default=0)),
                (
                    "dataset",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="item_counts",
                        to="annotation.dataset",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("dataset", "split"), name="item_count_once_per_split")
                ],
            },
        ),
    ]
