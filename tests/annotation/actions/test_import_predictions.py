import numpy as np
import pytest
from django.urls import reverse

from annotation.actions.detecting.detect import request_detection
from annotation.actions.files.import_items import UnableToImport
from annotation.actions.files.import_predictions import import_predictions
from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.core.files.parsing_items import UnableToParse
from annotation.core.refusal import Refusal
from annotation.models import Flag, Item, PredictionSet
from annotation.reading.prediction_sets import UnableToAlign, aligned, imported_sets
from tests.annotation.views.test_lead import as_
from tests.factories import imported, small_dataset
from tests.pages import text_of
from tests.people import leo

pytestmark = pytest.mark.django_db
GOOD = "id,payment,access\ns1,0.9,0.1\ns2,0.2,0.8\n"


@pytest.fixture
def dataset(tmp_path):
    return small_dataset(tmp_path)


def bring(dataset, tmp_path, content=GOOD, name="ours", **more):
    path = tmp_path / "predictions.csv"
    path.write_text(content)
    return import_predictions(dataset, path, name=name, id="id", **more)


def test_it_works_whatever_the_order_of_the_columns(dataset, tmp_path):
    assert bring(dataset, tmp_path) == {"predictions": "ours", "items": 2, "of": 6, "written": True}
    items = np.array(list(Item.objects.order_by("external_id").values_list("id", flat=True)))
    found = aligned(PredictionSet.objects.get(), items, dataset.class_names)
    assert dataset.class_names == ("access", "payment")
    assert found[:2] == pytest.approx(np.array([[0.1, 0.9], [0.8, 0.2]]))
    assert np.isnan(found[2:]).all()


def test_a_set_with_its_classes_in_another_order_is_put_right(dataset, tmp_path):
    bring(dataset, tmp_path)
    one = PredictionSet.objects.get()
    one.classes = ["payment", "access"]
    item = Item.objects.get(external_id="s1").pk
    assert aligned(one, np.array([item]), ("access", "payment"))[0] == pytest.approx([0.9, 0.1])
    one.classes = ["payment", "refund"]
    with pytest.raises(UnableToAlign, match="is for “refund”, which is no class here"):
        aligned(one, np.array([item]), ("access", "payment"))


def test_the_same_again_changes_nothing_and_another_content_is_an_error(dataset, tmp_path):
    bring(dataset, tmp_path)
    turned = "id,access,payment\ns2,0.8,0.2\ns1,0.1,0.9\n"
    assert bring(dataset, tmp_path, turned)["written"] is False
    with pytest.raises(UnableToImport, match="'ours' is here already with another content"):
        bring(dataset, tmp_path, GOOD.replace("0.9,0.1", "0.8,0.2"))
    assert PredictionSet.objects.count() == 1


def test_sets_over_production_are_no_choice_for_a_detection(dataset, tmp_path):
    imported(tmp_path, [{"id": "p1", "text": "from production", "label": "access"}], split="production")
    bring(dataset, tmp_path)
    bring(dataset, tmp_path, "id,payment,access\np1,0.9,0.1\n", name="theirs", split="production")
    assert imported_sets(dataset) == ["ours"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,access\ns1,1\n", "Column 'payment': each class needs a column of its name"),
        ("name,access,payment\ns1,1,0\n", "Column 'id': the file has no such column"),
        ("id,access,payment\ns1,0.5,0.5\ns2,0.5,0.6\n", "Row 3, column 'access': the probabilities of the row sum to"),
        ("id,access,payment\ns1,nan,1\n", "Row 2, column 'access': 'nan' is not a probability"),
        ("id,access,payment\ns1,,1\n", "Row 2, column 'access': the cell is empty"),
        ("id,access,payment\ns1,-0.2,1.2\n", "Row 2, column 'access': '-0.2' is not a probability"),
        ("id,access,payment\nx,0,1\n", "Row 2, column 'id': the pool of 'support' has no item 'x'"),
        ("id,access,payment\ns1,0,1\ns1,0,1\n", "Row 3, column 'id': the id 's1' is already in row 2"),
        ("id,access,payment\ns1,0\n", "Row 2: the row has 2 cells"),
        ("id,access,payment\n", "has a header but no rows"),
    ],
)
def test_a_bad_file_keeps_nothing_and_says_where(dataset, tmp_path, content, said):
    with pytest.raises(Refusal, match=said.replace("(", r"\(")):
        bring(dataset, tmp_path, content)
    assert not PredictionSet.objects.exists()


@pytest.mark.parametrize("name", ["", "7", "x" * 121, "run 3", "out of fold, job 1, snapshot 2"])
def test_names_that_would_be_taken_for_a_run(dataset, tmp_path, name):
    with pytest.raises(UnableToImport, match="can't be its name"):
        bring(dataset, tmp_path, name=name)


def test_two_decimals_are_near_enough(dataset, tmp_path):
    assert bring(dataset, tmp_path, "id,access,payment\ns1,0.33,0.66\n")["written"]
    item = Item.objects.get(external_id="s1").pk
    assert aligned(PredictionSet.objects.get(), np.array([item]), dataset.class_names).sum() == pytest.approx(1)


def test_production_rows_are_asked_for(dataset, tmp_path):
    imported(tmp_path, [{"id": "p1", "text": "from production", "label": "access"}], split="production")
    with pytest.raises(UnableToParse, match="the pool of 'support' has no item 'p1'"):
        bring(dataset, tmp_path, "id,access,payment\np1,0,1\n")
    assert bring(dataset, tmp_path, "id,access,payment\np1,0,1\n", split="production")["of"] == 1


def test_detection_believes_the_set_where_it_has_an_item(dataset, tmp_path):
    rows = "".join(f"s{n},{'0.01,0.99' if n == 1 else '0.99,0.01' if n % 2 else '0.01,0.99'}\n" for n in range(1, 6))
    bring(dataset, tmp_path, f"id,access,payment\n{rows}")
    job = work_here(request_detection(dataset, only=("label_error",), predictions="ours", background=False))
    assert job.params == {"only": ["label_error"], "predictions": "ours"}
    worst = Flag.objects.order_by("-score").first()
    assert (worst.item.external_id, worst.suggested.name) == ("s1", "payment")
    assert request_detection(dataset, only=("label_error",), background=False) != job


def test_detection_by_a_set_that_is_not_there(dataset, tmp_path):
    with pytest.raises(UnableToAlign, match="has no prediction set 'ours'"):
        request_detection(dataset, predictions="ours")
    imported(tmp_path, [{"id": "p1", "text": "from production", "label": "access"}], split="production")
    bring(dataset, tmp_path, "id,access,payment\np1,0,1\n", split="production")
    with pytest.raises(UnableToWork, match="'ours' has no item of the pool"):
        work_here(request_detection(dataset, predictions="ours", background=False))


def test_a_lead_chooses_the_set_on_the_page(dataset, tmp_path):
    bring(dataset, tmp_path)
    lead = as_(leo(dataset))
    work_here(request_detection(dataset, background=False))
    assert "the built-in model" in text_of(lead.get(reverse("cases", args=["support"])))
    lead.post(reverse("detect", args=["support"]), {"predictions": "ours"})
    assert dataset.jobs.order_by("-id").first().params["predictions"] == "ours"
    refused = lead.post(reverse("detect", args=["support"]), {"predictions": "gone"}, follow=True)
    assert "has no prediction set 'gone'" in text_of(refused)
