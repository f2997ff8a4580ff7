import pytest
from django.utils import timezone

from annotation.actions.files import import_items
from annotation.actions.files.import_items import check, import_params, request_import
from annotation.actions.files.import_labels import import_labels
from annotation.actions.jobs.work import UnableToWork, work_here
from annotation.actions.queue.decide import decide
from annotation.core.fields import Field
from annotation.core.files.conventions import UnableToTell
from annotation.core.files.parsing_items import ItemMapping, UnableToParse
from annotation.models import Case, CurrentLabel, Dataset, Item, Job, Label
from tests.factories import answer, imported, open_case, small_dataset
from tests.people import erin

pytestmark = pytest.mark.django_db


def current(dataset, external_id):
    row = CurrentLabel.objects.filter(item__dataset=dataset, item__external_id=external_id).order_by("-id").first()
    return (row.label_class.name if row.label_class else None, row.state, row.basis)


def test_items_labels_and_current_labels_arrive(tmp_path):
    dataset = small_dataset(tmp_path)
    assert dataset.class_names == ("access", "payment")
    assert Item.objects.filter(dataset=dataset).count() == 6
    assert current(dataset, "s1") == ("access", "labelled", "import")


def test_the_same_file_again_changes_nothing(tmp_path):
    first = small_dataset(tmp_path)
    counts = Item.objects.count(), Label.objects.count(), CurrentLabel.objects.count()
    assert small_dataset(tmp_path) == first
    assert (Item.objects.count(), Label.objects.count(), CurrentLabel.objects.count()) == counts


def test_several_annotators_a_majority_and_a_tie(tmp_path):
    rows = [
        {"id": i, "text": f"text {i}", "label": label, "who": who}
        for i, label, who in [("a", "x", "1"), ("a", "y", "2"), ("a", "y", "3"), ("b", "x", "1"), ("b", "y", "2")]
    ]
    dataset = imported(tmp_path, rows, annotator="who")
    assert current(dataset, "a") == ("y", "labelled", "consensus")
    assert current(dataset, "b") == (None, "contested", "consensus")


def test_a_later_label_of_the_same_annotator_counts_in_place_of_the_earlier(tmp_path):
    rows = [{"id": "a", "text": "t", "label": label, "who": "1"} for label in ("x", "y")]
    rows += [{"id": "b", "text": "u", "label": "x", "who": "1"}]
    dataset = imported(tmp_path, rows, annotator="who")
    assert Label.objects.filter(item__external_id="a").count() == 2
    assert current(dataset, "a") == ("y", "labelled", "import")
    assert imported(tmp_path, rows, annotator="who") == dataset
    assert Label.objects.filter(item__external_id="a").count() == 2


def test_an_abstention_is_recorded_but_is_no_label(tmp_path):
    rows = [{"id": "a", "text": "t", "label": "x"}, {"id": "b", "text": "u", "label": "DOUBT"}]
    dataset = imported(tmp_path, rows, abstain=("DOUBT",))
    assert dataset.class_names == ("x",)
    assert Label.objects.filter(item__external_id="b", label_class=None).count() == 1
    assert not CurrentLabel.objects.filter(item__external_id="b", state="labelled").exists()


def test_the_same_id_with_another_content_names_the_row_and_nothing_is_written(tmp_path):
    dataset = small_dataset(tmp_path)
    rows = [{"id": "new", "text": "a new one", "label": "access"}, {"id": "s1", "text": "changed", "label": "access"}]
    with pytest.raises(UnableToWork, match="Row 3, column 'id': the id 's1' is already here with another content"):
        imported(tmp_path, rows)
    assert not Item.objects.filter(dataset=dataset, external_id="new").exists()


def test_a_class_that_came_later_is_an_error_that_names_it(tmp_path):
    small_dataset(tmp_path)
    with pytest.raises(UnableToWork, match="Row 2.*'refund'"):
        imported(tmp_path, [{"id": "n", "text": "x", "label": "refund"}])


def test_other_fields_than_the_dataset_has_are_refused(tmp_path):
    small_dataset(tmp_path)
    with pytest.raises(UnableToWork, match=r"has the fields text \(text\)"):
        imported(tmp_path, [{"id": "n", "body": "x", "label": "access"}], text=("body",))


def test_a_first_import_that_fails_leaves_no_dataset(tmp_path):
    with pytest.raises(UnableToWork):
        imported(tmp_path, [{"id": "a", "text": "x", "label": "y"}] * 2)
    assert not Dataset.objects.exists()
    assert Job.objects.get().status == "failed"


def test_pool_and_production_may_use_the_same_ids(tmp_path):
    dataset = small_dataset(tmp_path)
    imported(tmp_path, [{"id": "s1", "text": "from production", "label": "access"}], split="production")
    assert Item.objects.filter(dataset=dataset, external_id="s1").count() == 2


def test_without_ids_two_annotators_on_one_text_make_one_item(tmp_path):
    rows = [{"text": "same", "label": "x", "who": "1"}, {"text": "same", "label": "y", "who": "2"},
            {"text": "same", "label": "x", "who": "1"}]  # fmt: skip
    dataset = imported(tmp_path, rows, id=None, annotator="who")
    assert sorted(dataset.items.values_list("labels__annotator__name", flat=True)) == ["1", "1", "2"]
    assert dataset.items.count() == 2


def test_a_dry_run_reads_everything_and_writes_nothing(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\none,x\n")
    checked = check(import_params("d", "d", path, ItemMapping(text=("text",), label="label")))
    assert (checked.parser.n_items, checked.source.encoding) == (1, "utf-8")
    assert not Dataset.objects.exists()


def test_labels_for_items_already_here_change_the_consensus(tmp_path):
    dataset = small_dataset(tmp_path)
    path = tmp_path / "labels.csv"
    path.write_text("item,who,label,seconds\ns1,ann2,payment,3.5\ns1,ann3,payment,2\n")
    result = import_labels(dataset, path, item="item", annotator="who", label="label", seconds="seconds")
    assert (result["labels"], current(dataset, "s1")) == (2, ("payment", "labelled", "consensus"))
    assert Label.objects.get(annotator__name="ann2").seconds == 3.5
    again = import_labels(dataset, path, item="item", annotator="who", label="label", seconds="seconds")
    assert again["labels"] == 0


def test_labels_for_an_unknown_item_or_class_name_the_row(tmp_path):
    dataset = small_dataset(tmp_path)
    path = tmp_path / "labels.csv"
    path.write_text("item,who,label\nnobody,ann2,payment\n")
    with pytest.raises(UnableToParse, match="Row 2, column 'item'.*no item 'nobody'"):
        import_labels(dataset, path, item="item", annotator="who", label="label")
    path.write_text("item,who,label\ns1,ann2,paiment\n")
    with pytest.raises(UnableToParse, match="Row 2, column 'label'.*'paiment'"):
        import_labels(dataset, path, item="item", annotator="who", label="label")


def test_a_new_label_on_a_decided_item_keeps_the_decision_and_opens_the_case_again(tmp_path):
    dataset = small_dataset(tmp_path)
    case = open_case(dataset, "s1")
    decide(case, erin(dataset), answer(dataset, "payment"), timezone.now())
    path = tmp_path / "labels.csv"
    path.write_text("item,who,label\ns1,ann9,access\n")
    import_labels(dataset, path, item="item", annotator="who", label="label")
    assert current(dataset, "s1") == ("payment", "labelled", "decision")
    again = Case.objects.get(reopens=case)
    assert (again.status, again.reopen_reason) == ("open", "a new label came in")


def test_asking_twice_is_one_job(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\none,x\n")
    params = import_params("d", "d", path, ItemMapping(text=("text",), label="label"))
    assert request_import(params, background=False) == request_import(params, background=False)
    assert work_here(Job.objects.get()).result["items"] == 1


def test_what_was_guessed_is_said_before_anything_is_written(tmp_path, caplog, monkeypatch):
    path = tmp_path / "prices.csv"
    rows = "посылка пришла слишком поздно;1,50\nочень быстрый сервис;2\nгде мои деньги;NA\n"
    path.write_bytes(f"body;price\n{rows}".encode("cp1251"))
    mapping = ItemMapping(text=("body",), fields=(Field("price", "number"),))
    said_first = []
    writer = import_items.ItemWriter
    monkeypatch.setattr(import_items, "ItemWriter", lambda *a: said_first.extend(caplog.messages) or writer(*a))
    result = work_here(request_import(import_params("prices", "Prices", path, mapping), background=False)).result
    assert said_first == result["notes"]
    assert [note.split(",")[0].split(":")[0] for note in result["notes"]] == [
        "The file is not UTF-8 and was read as cp1251",
        "The numbers in 'price' were read with decimal commas",
        "Column 'price' has 1 cell that says NA",
    ]
    items = Item.objects.order_by("id")
    assert [item.content["price"] for item in items] == [1.5, 2, None]
    assert [item.written for item in items] == [{"price": "1,50"}, None, {"price": "NA"}]


def test_labels_with_times_in_an_order_that_is_named(tmp_path):
    dataset = small_dataset(tmp_path)
    path = tmp_path / "labels.csv"
    path.write_text('id,who,label,at,seconds\ns1,erin,access,01/05/2024,"1,5"\n')
    asked = {"item": "id", "annotator": "who", "label": "label", "at": "at", "seconds": "seconds"}
    with pytest.raises(UnableToTell, match="name the order of the dates"):
        import_labels(dataset, path, **asked)
    done = import_labels(dataset, path, **asked, dates="day-first")
    label = Label.objects.get(annotator__name="erin")
    assert (label.given_at.date().isoformat(), label.seconds) == ("2024-05-01", 1.5)
    assert len(done["notes"]) == 2
