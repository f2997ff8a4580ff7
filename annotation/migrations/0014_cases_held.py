from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0013_items_by_day"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.RemoveIndex(model_name="case", name="cases_reserved"),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("reserved_for__isnull", False)),
                fields=["dataset", "reserved_for", "status", "-score", "id"],
                name="cases_reserved",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("leased_to__isnull", False)),
                fields=["dataset", "leased_to", "leased_until"],
                name="cases_held",
            ),
        ),
    ]
