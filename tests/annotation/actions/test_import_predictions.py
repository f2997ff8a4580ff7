import numpy as np
import pytest
from django.urls import reverse

from annotation.actions.detecting.detect import request_detection
from annotation.actions.files.import_items import UnableToImport
from annotation.actions.files.import_predictions import import_predictions
from annotation.actions.files.rejected_rows import UnableToTake, copy_rejected
from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.core.files.parsing_items import UnableToParse
from annotation.core.files.tables import read_table
from annotation.core.refusal import Refusal
from annotation.models import Flag, Item, PredictionSet
from annotation.reading.prediction_sets import UnableToAlign, aligned, imported_sets
from tests.factories import imported, small_dataset
from tests.pages import text_of
from tests.people import as_, leo

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
    assert bring(dataset, tmp_path) == {
        "predictions": "ours", "items": 2, "of": 6, "written": True, "notes": [], "rejected": 0, "rejected_rows": "",
    }  # fmt: skip
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
        ("id,access,payment\ns1,,1\n", "Row 2, column 'access': the empty cell is not a probability"),
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


def kept(dataset, *ids):
    items = Item.objects.filter(external_id__in=ids).order_by("external_id").values_list("id", flat=True)
    return aligned(PredictionSet.objects.get(), np.array(list(items)), dataset.class_names)


def test_what_a_float32_says_is_taken_and_said(dataset, tmp_path):
    above, below = np.nextafter(np.float32(1), np.float32(2)), -1e-17
    said = bring(dataset, tmp_path, f"id,access,payment\ns1,{above},0\ns2,{below},1.0\ns3,0.25,0.75\n")
    assert said["notes"] == ["In 2 rows a value a hair outside 0 to 1 was taken as 0 or 1."]
    assert kept(dataset, "s1", "s2", "s3").tolist() == [[1, 0], [0, 1], [0.25, 0.75]]


def many_classes(tmp_path, n=60):
    rows = [{"id": f"m{at}", "text": f"something {at}", "label": f"class {at:02}"} for at in range(n)]
    return imported(tmp_path, rows, "many")


@pytest.mark.parametrize("decimals", [2, 3, 6])
def test_rounded_probabilities_of_many_classes_are_scaled_to_one_and_said(tmp_path, decimals):
    dataset = many_classes(tmp_path)
    true = np.random.default_rng(0).dirichlet(np.ones(60) / 3, 60)
    written = np.round(true, decimals)
    lines = [",".join([f"m{at}", *(f"{value:g}" for value in row)]) for at, row in enumerate(written)]
    said = bring(dataset, tmp_path, "\n".join([",".join(["id", *dataset.class_names]), *lines]))
    off = np.abs(written.sum(axis=1) - 1)
    assert said["written"] and said["rejected"] == 0
    if decimals < 6:
        expected = (
            f"The values of {(off > 1e-5).sum()} rows of 60 were scaled to sum to 1, from sums off by {off.max():.2g}"
        )
        assert said["notes"] == [f"{expected} at most."]
    found = aligned(PredictionSet.objects.get(), np.array(Item.objects.order_by("id").values_list("id", flat=True)),
                    dataset.class_names)  # fmt: skip
    assert np.abs(found - true).max() < 60 * 0.5 * 10.0**-decimals and found.sum(axis=1) == pytest.approx(np.ones(60))


def test_what_rounding_does_not_explain_is_refused(tmp_path):
    dataset = many_classes(tmp_path)
    header = ",".join(["id", *dataset.class_names])
    with pytest.raises(UnableToParse, match="Row 2, .*the row sum to 0.9, not to 1, which rounding does not explain"):
        bring(dataset, tmp_path, "\n".join([header, ",".join(["m0", "0.90000", *["0.00000"] * 59])]))


@pytest.mark.parametrize(
    ("rows", "looks"),
    [
        ("s1,35.5,64.5\ns2,100,0\n", "The numbers look like percents \\(from 0 to 100, rows sum to about 100\\)"),
        ("s1,3.2,-1.5\ns2,-0.4,7\n", "scores of a model before its softmax \\(logits\\) \\(from -1.5 to 7\\)"),
        ("s1,-0.1,-2.35\ns2,-3.1,-0.05\n", "look like log probabilities"),
    ],
)  # fmt: skip
def test_numbers_on_another_scale_are_refused_by_what_they_look_like(dataset, tmp_path, rows, looks):
    with pytest.raises(UnableToParse, match=looks):
        bring(dataset, tmp_path, f"id,access,payment\n{rows}")
    assert not PredictionSet.objects.exists()


def test_every_faulty_row_is_named_and_the_others_are_taken_if_wanted(dataset, tmp_path):
    content = "id,access,payment\ns1,0.5,0.9\ns2,x,1\ns3,0.4,0.6\ngone,0,1\ns4,,1\ns3,0.4,0.6\n"
    with pytest.raises(UnableToTake, match="Row 2, .*sum to 1.4, .*4 more rows have a fault") as refused:
        bring(dataset, tmp_path, content)
    copy_rejected(refused.value.rejects.artifact, tmp_path / "rejected.csv")
    table = read_table(tmp_path / "rejected.csv")
    assert table.cells["row"] == ["2", "3", "5", "6", "7"]
    assert [reason.partition(":")[0] for reason in table.cells["reason"]] == [
        "column 'access'", "column 'access'", "column 'id'", "column 'access'", "column 'id'",
    ]  # fmt: skip
    assert not PredictionSet.objects.exists()
    said = bring(dataset, tmp_path, content, accept_good=True)
    assert (said["items"], said["rejected"]) == (1, 5) and said["notes"][0].startswith("5 rows were left out")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("id,p_access,p_payment", "'p_access' as 'access', 'p_payment' as 'payment'"),
        ("id,access_proba,prob_payment", "'access_proba' as 'access', 'prob_payment' as 'payment'"),
        ("id,P(access),payment\u200b", "'P(access)' as 'access', 'payment<U+200B>' as 'payment'"),
    ],
)
def test_columns_named_round_a_class_are_taken_and_said(dataset, tmp_path, header, said):
    found = bring(dataset, tmp_path, f"{header},predicted\ns1,0.1,0.9,payment\n")
    assert found["notes"] == [f"Columns were read as classes: {said}.", "A column was ignored: 'predicted'."]
    assert kept(dataset, "s1") == pytest.approx(np.array([[0.1, 0.9]]))


def test_two_columns_that_may_both_be_meant_are_refused(dataset, tmp_path):
    with pytest.raises(UnableToParse, match="'p_access', 'access_prob' may both be meant by the class 'access'"):
        bring(dataset, tmp_path, "id,p_access,access_prob,payment\ns1,0.1,0.1,0.9\n")
    assert bring(dataset, tmp_path, "id,p_access,access,payment\ns1,0.2,0.1,0.9\n")["notes"] == [
        "A column was ignored: 'p_access'."
    ]


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
