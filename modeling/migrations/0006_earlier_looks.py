from django.db import migrations


def add_looks(apps, schema_editor):
    """Every comparison so far was a look."""
    Look, Comparison = apps.get_model("modeling", "Look"), apps.get_model("modeling", "Comparison")
    Look.objects.bulk_create(
        Look(snapshot_id=one.snapshot_id, kind="comparison", comparison=one, created_at=one.created_at)
        for one in Comparison.objects.order_by("id").defer("proof")
    )


class Migration(migrations.Migration):

    dependencies = [
        ('modeling', '0005_proof'),
    ]

    operations = [
        migrations.RunPython(add_looks, migrations.RunPython.noop),
    ]
