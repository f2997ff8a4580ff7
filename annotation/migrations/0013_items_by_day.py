from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0012_what_came_in")]

    operations = [
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                condition=models.Q(("received_at__isnull", False)),
                fields=["dataset", "received_at", "id"],
                name="item_by_day",
            ),
        ),
    ]
