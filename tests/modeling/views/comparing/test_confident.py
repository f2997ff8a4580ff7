import numpy as np
import pytest
from django.template.loader import render_to_string

from annotation.actions.snapshot import snapshot
from annotation.models import Annotator, Label, Snapshot
from modeling.core.telling.overconfidence import confidently_wrong_change
from modeling.reading.comparing.differing_answers import contested_in
from tests.modeling import small_world


def shown(wrong_before, wrong_after, n=200):
    truth, at = np.zeros(n, dtype=int), np.arange(n)
    sides = [np.where((at < wrong)[:, None], [0.02, 0.98], [0.98, 0.02]) for wrong in (wrong_before, wrong_after)]
    found = confidently_wrong_change(truth, *sides, at)
    return " ".join(render_to_string("modeling/_comparison_confident.html", {"confident": found}).split())


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (30, 4, "Fewer rows are surely wrong: 15.0 % before, 2.0 % after"),
        (4, 30, "More rows are surely wrong: 2.0 % before, 15.0 % after"),
        (9, 8, "No more and no fewer rows are surely wrong, as far as this can tell"),
    ],
)
def test_the_heading_says_what_changed(before, after, says):
    page = shown(before, after)
    assert says in page and "fewer than ten inputs" in page and "above 90 %" in page


@pytest.mark.django_db
def test_rows_on_which_those_who_labelled_production_differed(tmp_path):
    dataset = small_world.with_production(tmp_path)
    item = dataset.items.filter(split="production").order_by("id").first()
    annotator = Annotator.objects.create(dataset=dataset, name="second")
    held = item.labels.get().label_class
    other = dataset.label_classes.exclude(pk=held.pk).first()
    Label.objects.create(item=item, annotator=annotator, label_class=other, origin=Label.IMPORT)
    production = snapshot(dataset, Snapshot.PRODUCTION)
    items = np.array(production.rows.order_by("item_id").values_list("item_id", flat=True))
    found = contested_in(production, items)
    assert items[found].tolist() == [item.pk]
