import pytest
from django.utils import timezone

from annotation.actions.exporting.export import export
from annotation.actions.files.import_decisions import import_decisions
from annotation.actions.files.import_items import UnableToImport
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.core.files.parsing_items import UnableToParse
from annotation.core.files.tables import UnableToRead
from annotation.frames import closed_pairs
from annotation.models import Case, ClosedPair, CurrentLabel, Decision, Item, Label
from tests.annotation.actions.fake_detectors import Says, detect, use
from tests.factories import answer, imported, open_case, small_dataset
from tests.people import emil, erin, leo, olga

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    return small_dataset(tmp_path)


def imports(dataset, tmp_path, *rows, expert=None):
    path = tmp_path / "decisions.csv"
    path.write_text("\n".join(["item_id,decision", *rows]) + "\n")
    expert = expert or erin(dataset)
    return import_decisions(dataset, path, expert, id="item_id", decision="decision", now=timezone.now())


def current(dataset, external_id):
    latest = CurrentLabel.objects.in_force().get(item__dataset=dataset, item__external_id=external_id)
    return latest.label_class.name if latest.label_class else latest.state


def test_each_row_is_a_decision_on_the_open_case_of_its_item(dataset, tmp_path):
    cases = [open_case(dataset, name) for name in ("s1", "s2", "s3")]
    result = imports(dataset, tmp_path, "s1,payment", "s2,:ambiguous", "s3,:bad_input")
    assert result == {"decisions": 3, "already_here": 0, "ids_changed": 0, "notes": []}
    assert [current(dataset, name) for name in ("s1", "s2", "s3")] == ["payment", "ambiguous", "bad_input"]
    assert set(Case.objects.values_list("status", flat=True)) == {"settled"} and Case.objects.count() == 3
    assert [decision.case for decision in Decision.objects.order_by("id")] == cases
    assert Label.objects.filter(annotator__user=erin(dataset), label_class__name="payment").count() == 1


def test_they_count_as_not_blind(dataset, tmp_path):
    imports(dataset, tmp_path, "s1,payment")
    assert Decision.objects.get().blind is False


def test_an_item_without_an_open_case_gets_one(dataset, tmp_path):
    imports(dataset, tmp_path, "s1,payment")
    case = Case.objects.get()
    assert case.status == "settled" and case.case_items.get().item.external_id == "s1" and case.reopens is None


def test_a_settled_item_is_decided_in_a_case_that_names_the_earlier_one(dataset, tmp_path):
    earlier = open_case(dataset, "s1")
    decide(earlier, emil(dataset), answer(dataset, "access"), timezone.now())
    imports(dataset, tmp_path, "s1,payment")
    again = Decision.objects.order_by("-id").first().case
    assert (again.reopens, again.reopen_reason) == (earlier, "a decision came from a file")
    assert current(dataset, "s1") == "payment"


def test_a_row_covers_its_own_member_of_a_group_and_the_rest_stays_open(dataset, tmp_path):
    open_case(dataset, "s1", "s3", "s5")
    imports(dataset, tmp_path, "s1,payment")
    rest = dataset.cases.open().get()
    assert set(rest.case_items.values_list("item__external_id", flat=True)) == {"s3", "s5"} and rest.group_digest
    imports(dataset, tmp_path, "s3,access", "s5,access")
    assert not dataset.cases.open().exists() and current(dataset, "s1") == "payment"


def test_different_closes_the_pairs_of_one_group(dataset, tmp_path):
    open_case(dataset, "s1", "s2", "s3")
    result = imports(dataset, tmp_path, "s3,access", "s1,:different", "s2,:different")
    assert result["decisions"] == 3 and not dataset.cases.open().exists()
    digests = Item.objects.filter(external_id__in=["s1", "s2"]).values_list("digest", flat=True)
    assert closed_pairs(dataset) == {tuple(sorted(digests))}
    decision = Decision.objects.get(outcome="different")
    assert decision.items.count() == 2 and current(dataset, "s1") == "access" and current(dataset, "s2") == "payment"


def test_different_needs_two_rows_of_one_group(dataset, tmp_path):
    open_case(dataset, "s1", "s2")
    open_case(dataset, "s3", "s4")
    with pytest.raises(UnableToImport, match="Row 2: :different needs at least two items of one open group"):
        imports(dataset, tmp_path, "s1,:different", "s3,:different", "s4,:different")
    assert not Decision.objects.exists() and not ClosedPair.objects.exists()


def test_items_without_an_open_case_are_no_group(dataset, tmp_path):
    with pytest.raises(UnableToImport, match="Row 2: :different needs at least two items of one open group"):
        imports(dataset, tmp_path, "s1,:different", "s2,:different")
    assert not Case.objects.exists() and not ClosedPair.objects.exists()


def test_the_same_file_again_changes_nothing(dataset, tmp_path):
    open_case(dataset, "s1", "s2")
    rows = ["s1,:different", "s2,:different", "s3,payment", "s4,:ambiguous"]
    imports(dataset, tmp_path, *rows)
    counts = Decision.objects.count(), Case.objects.count(), Label.objects.count(), CurrentLabel.objects.count()
    assert imports(dataset, tmp_path, *rows) == {"decisions": 0, "already_here": 4, "ids_changed": 0, "notes": []}
    assert counts == (
        Decision.objects.count(), Case.objects.count(), Label.objects.count(), CurrentLabel.objects.count(),
    )  # fmt: skip


def test_another_answer_of_the_same_expert_counts_in_place_of_the_earlier(dataset, tmp_path):
    imports(dataset, tmp_path, "s1,payment", "s2,payment")
    assert imports(dataset, tmp_path, "s1,access", "s2,payment") == {
        "decisions": 1,
        "already_here": 1,
        "ids_changed": 0,
        "notes": [],
    }
    assert current(dataset, "s1") == "access"


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ("s3,paiment", "Row 3.*'paiment'"),
        ("nobody,access", "Row 3, column 'item_id': the pool of 'support' has no item 'nobody'"),
        ("s1,access", "Row 3.*'s1' already has a decision in row 2"),
        (",access", "Row 3"),
        ("s3,:different", "Row 3: :different needs at least two items"),
        ("s3,access,more", "Row 3"),
    ],
)
def test_one_bad_row_imports_nothing_and_names_itself(dataset, tmp_path, bad, sentence):
    for name in ("s1", "s3"):
        open_case(dataset, name)
    with pytest.raises((UnableToImport, UnableToParse, UnableToRead), match=sentence):
        imports(dataset, tmp_path, "s1,payment", bad)
    assert not Decision.objects.exists() and dataset.cases.open().count() == 2 and current(dataset, "s1") == "access"


def test_a_case_somebody_else_holds_is_named_by_its_row(dataset, tmp_path):
    open_case(dataset, "s3")
    lease(dataset, emil(dataset), timezone.now())
    with pytest.raises(UnableToImport, match="Row 3: This case went to somebody else"):
        imports(dataset, tmp_path, "s1,payment", "s3,payment")
    assert not Decision.objects.exists()


def test_rows_without_a_decision_are_passed_over(dataset, tmp_path):
    assert imports(dataset, tmp_path, "s1,payment", "s2,", "s3,") == {
        "decisions": 1,
        "already_here": 0,
        "ids_changed": 0,
        "notes": [],
    }


def test_only_members_decide(dataset, tmp_path):
    with pytest.raises(UnableToImport, match="'olga' is not a member of 'support'; add them with add_member first"):
        imports(dataset, tmp_path, "s1,payment", expert=olga())
    assert imports(dataset, tmp_path, "s1,payment", expert=leo(dataset))["decisions"] == 1


def test_production_cannot_be_decided(dataset, tmp_path):
    Item.objects.filter(external_id="s6").update(split=Item.PRODUCTION)
    with pytest.raises(UnableToImport, match="no item 's6'"):
        imports(dataset, tmp_path, "s6,payment")


def test_an_exported_file_comes_back_as_decisions(dataset, tmp_path, monkeypatch):
    use(monkeypatch, says=Says({"charged": 0.9, "reset": 0.6}))
    detect(dataset)
    path = tmp_path / "cases.csv"
    export(dataset, "cases", path)
    import_decisions(dataset, path, erin(dataset), id="item_id", decision="suggested_label", now=timezone.now())
    assert not dataset.cases.open().exists() and current(dataset, "s3") == "payment"
    assert Label.objects.filter(item__external_id="s3").count() == 2


def numbered(tmp_path):
    rows = [{"id": name, "text": f"{name} is here", "label": "access"} for name in ("0007", "012", "12", "9", "009")]
    return imported(tmp_path, [*rows, {"id": "a", "text": "another", "label": "payment"}], slug="numbered")


def test_ids_that_a_spreadsheet_changed_are_found_and_counted(tmp_path):
    made = numbered(tmp_path)
    result = imports(made, tmp_path, "7,payment", "12,payment", "12.0,")
    assert result == {"decisions": 2, "already_here": 0, "ids_changed": 1, "notes": []}
    assert current(made, "0007") == current(made, "12") == "payment" and current(made, "012") == "access"


def test_ids_that_may_be_several_or_none_are_all_named_and_nothing_is_written(tmp_path):
    made = numbered(tmp_path)
    with pytest.raises(UnableToImport) as refused:
        imports(made, tmp_path, "7,payment", "12.0,payment", "9.0,payment", "5,payment", "1.23457E+19,payment")
    said = str(refused.value)
    assert "Row 3, column 'item_id': '12.0' may be '012', '12'; row 4: '9.0' may be '009', '9'" in said
    assert "row 5: '5' is no item" in said and "row 6: '1.23457E+19' is what a spreadsheet leaves" in said
    assert not Decision.objects.exists()


def test_two_rows_that_turn_out_to_be_one_item_are_refused(tmp_path):
    made = numbered(tmp_path)
    with pytest.raises(
        UnableToImport, match="Row 3, column 'item_id': '7' is the item '0007', which has a decision in"
    ):
        imports(made, tmp_path, "0007,payment", "7,access")
    assert not Decision.objects.exists()
