import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0013_items_by_day")]

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
    ]
