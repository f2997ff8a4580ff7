"""The run page and a growth call the same items contested."""

import numpy as np

from annotation.models import Item
from modeling.actions.run_rows import near_copies
from tests.factories import make_dataset


def test_without_a_detection_every_item_is_a_group_of_its_own(db):
    dataset = make_dataset()
    item = np.array([3, 7, 9])
    assert near_copies(dataset, item).tolist() == [-3, -7, -9]
    assert not Item.objects.filter(dataset=dataset, pk__in=item).exists()
