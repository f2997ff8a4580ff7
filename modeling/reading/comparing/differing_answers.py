"""The production rows on which answers differed."""

import numpy as np
from django.db.models import Count

from annotation.models import Label, Snapshot, class_now


def contested_in(production: Snapshot, item: np.ndarray) -> np.ndarray:
    """bool (n,): whether those who labelled the item (ids, int (n,)) gave it different labels; whoever adjudicated is
    one of them."""
    labels = Label.objects.counting().filter(item__snapshotrow__snapshot=production, label_class__isnull=False)
    several = labels.order_by().values("item").annotate(classes=Count(class_now(), distinct=True))
    apart = several.filter(classes__gt=1).values_list("item", flat=True)
    return np.isin(item, np.fromiter(apart, dtype=np.int64))
