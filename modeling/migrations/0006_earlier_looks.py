import hashlib
import json

from django.db import migrations


def add_looks(apps, schema_editor):
    """Every comparison so far was a look, and asked by the terms that its proof names."""
    Look, Comparison = apps.get_model("modeling", "Look"), apps.get_model("modeling", "Comparison")
    for one in Comparison.objects.select_related("snapshot__dataset").order_by("id"):
        proof, dataset = one.proof, one.snapshot.dataset
        metric = proof["difference"]["metric"]
        worthwhile = dataset.worthwhile_cost if metric == "expected_cost" else dataset.worthwhile
        said = json.dumps([metric, one.costs_id, worthwhile, proof["planned_looks"]])
        one.question = hashlib.sha256(said.encode()).hexdigest()
        one.save(update_fields=["question"])
        Look.objects.create(snapshot_id=one.snapshot_id, kind="comparison", comparison=one, created_at=one.created_at)


class Migration(migrations.Migration):

    dependencies = [
        ('modeling', '0005_proof'),
    ]

    operations = [
        migrations.RunPython(add_looks, migrations.RunPython.noop),
    ]
