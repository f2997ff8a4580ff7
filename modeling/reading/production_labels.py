"""Who labelled a production snapshot."""

from django.db.models import Count

from annotation.models import Decision, Label, Snapshot
from modeling.core.proving.stored import ProductionLabels


def who_labelled(production: Snapshot) -> ProductionLabels:
    """Rows, the names of up to five who labelled most of them, and the share of rows labelled by pool experts."""
    labels = Label.objects.counting().filter(item__snapshotrow__snapshot=production)
    experts = Decision.objects.standing().filter(case__dataset=production.dataset).values("expert")
    shared = labels.filter(annotator__user__in=experts).values("item").distinct().count()
    names = labels.values_list("annotator__name").annotate(n=Count("id")).order_by("-n")[:5]
    return {"annotators": [name for name, _ in names], "shared": shared, "share": shared / production.n_rows}
