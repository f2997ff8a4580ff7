import csv
import io
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from annotation.actions.people.pause import pause
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import hand_out, lease
from annotation.actions.queue.undo import undo
from annotation.actions.talking import offline_batch as acting
from annotation.actions.talking.offline_batch import UnableToTakeOut, bring_back, give_back, take_out
from annotation.core.files.answer_sheet import SheetAnswer
from annotation.models import Case, Decision, Gold, Item, Label, OfflineBatch, Reason, RoutingRules
from annotation.reading.talking.batches import batch_lines, sheet_of
from tests.factories import answer, open_case, small_dataset
from tests.pages import text_of
from tests.people import emil, erin, leo, olga
from tests.threads import in_threads

now = timezone.now
DAY = timedelta(days=1)


@pytest.fixture
def dataset(tmp_path, db, settings):
    settings.UPLOADS_DIR = tmp_path
    return queue_of(tmp_path)


def queue_of(tmp_path):
    dataset = small_dataset(tmp_path)
    RoutingRules.objects.create(dataset=dataset, version=1, gold_share=0, repeat_share=0)
    for name in ("s1", "s2", "s3", "s4"):
        open_case(dataset, name)
    return dataset


def taken(dataset, n=2, person=None, days=3):
    person = person or erin(dataset)
    return take_out(dataset, person, person, n, days, now())


def rows_of(batch):
    return list(csv.DictReader(io.StringIO(sheet_of(batch).removeprefix("\ufeff"), newline="")))


def says(row, label="access", **more):
    return SheetAnswer(2, UUID(row["case"]), "label", label, **more)


def url_of(batch, name="offline_batch"):
    return reverse(name, args=[batch.dataset.slug, batch.pk])


def file_of(rows, name="cases.csv", encoding="utf-8-sig"):
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return SimpleUploadedFile(name, stream.getvalue().encode(encoding))


def test_it_works(client, dataset):
    Reason.objects.create(dataset=dataset, text="off topic", position=0)
    client.force_login(erin(dataset))
    page = client.post(reverse("offline", args=[dataset.slug]), {"n": 3, "days": 2, "after": ""}, follow=True)
    assert "3 of 3 cases still out" in text_of(page)
    batch = OfflineBatch.objects.get()
    answered = client.get(url_of(batch, "offline_cases"))
    assert answered.content.startswith(b"\xef\xbb\xbfcase,text,answer,not sure,reason,note\r\n")
    first, second, third = rows_of(batch)
    first |= {"answer": "payment", "not sure": "yes", "reason": "Off topic", "note": "hm"}
    second |= {"answer": "bad input"}
    page = client.post(url_of(batch), {"file": file_of([first, second, third])})
    assert "2 answers are recorded, 1 row without one stay open" in text_of(page).replace(" ,", ",")
    one, two = Decision.objects.order_by("id")
    assert one.label_class.name == "payment" and one.confidence == "unsure" and one.note == "hm"
    assert one.blind and one.seconds is None and one.reasons.get().text == "off topic"
    assert two.outcome == Decision.BAD_INPUT and two.case.status == Case.SETTLED
    assert Label.objects.get(origin=Label.EXPERT, item__decisions=one).seconds is None
    assert "1 of 3 cases still out" in text_of(client.get(url_of(batch)))


def test_nothing_of_a_case_is_in_the_file(dataset):
    batch = taken(dataset)
    row = rows_of(batch)[0]
    assert set(row) == {"case", "text", "answer", "not sure", "reason", "note"}
    assert row["case"] not in {str(one) for one in dataset.cases.values_list("id", flat=True)}
    assert len(row["case"]) == 36 and row["answer"] == row["note"] == ""


@pytest.mark.fault("a spreadsheet's formula in an offline batch")
def test_formulas_are_made_harmless(dataset):
    Item.objects.filter(external_id="s1").update(content={"text": "=1+1"})
    assert rows_of(taken(dataset, 1))[0]["text"] == "'=1+1"


# -- taking out


def test_cases_out_are_not_on_the_page(dataset):
    batch = taken(dataset, 2)
    out = set(batch.rows.values_list("case", flat=True))
    shown = hand_out(dataset, erin(dataset), now(), 4)
    assert len(shown) == 2 and out.isdisjoint(case.pk for case in shown)
    assert lease(dataset, emil(dataset), now()) is None
    until = set(Case.objects.filter(pk__in=out).values_list("leased_until", flat=True))
    assert until == {batch.until}, "no page shortened it"


def test_cases_out_are_not_counted_as_waiting(client, dataset):
    client.force_login(erin(dataset))
    assert "4 cases wait for you" in text_of(client.get(reverse("history", args=[dataset.slug])))
    taken(dataset, 10)
    assert "wait for you" not in text_of(client.get(reverse("history", args=[dataset.slug])))


def test_what_the_page_shows_stays_there(dataset):
    shown = lease(dataset, erin(dataset), now())
    batch = taken(dataset, 10)
    assert batch.rows.count() == 3 and not batch.rows.filter(case=shown).exists()
    assert lease(dataset, erin(dataset), now()) == shown


def test_hand_out_gives_each_case_once(dataset):
    assert len({case.pk for case in hand_out(dataset, erin(dataset), now(), 4)}) == 4


def test_groups_stay_on_the_page(dataset):
    group = open_case(dataset, "s5", "s6", score=0.9)
    batch = taken(dataset, 4)
    assert batch.rows.count() == 4 and not batch.rows.filter(case=group).exists()
    group.refresh_from_db()
    assert group.leased_to is None


def test_hidden_checks_are_among_them_and_not_shown_meanwhile(dataset, monkeypatch):
    dataset.routing_rules.update(gold_share=0.5)
    monkeypatch.setattr("annotation.actions.queue.next_case._turn", lambda user, standing, n_held: (1, 0.0, 0.0))
    item = Item.objects.get(dataset=dataset, external_id="s6")
    Gold.objects.create(dataset=dataset, item=item, label_class=dataset.label_classes.first())
    batch = taken(dataset, 5)
    gold = batch.rows.filter(case__kind=Case.GOLD)
    assert gold.count() == 1, "there is one item of known label"
    assert {case.kind for case in hand_out(dataset, erin(dataset), now(), 5)} <= {Case.REVIEW}
    bring_back(batch, [SheetAnswer(2, gold.get().key, "label", "access")], now())
    assert Decision.objects.get().case.status == Case.SETTLED


@pytest.mark.parametrize(("n", "days"), [(0, 1), (101, 1), (1, 0), (1, 15)])
def test_how_many_and_how_long(client, dataset, n, days):
    with pytest.raises(UnableToTakeOut, match="1 to 100 cases for 1 to 14 days"):
        taken(dataset, n, days=days)
    client.force_login(erin(dataset))
    page = client.post(reverse("offline", args=[dataset.slug]), {"n": n, "days": days})
    assert page.status_code == 200 and page.context["form"].errors and not OfflineBatch.objects.exists()


def test_asked_twice_takes_once(client, dataset):
    client.force_login(erin(dataset))
    for _ in range(2):
        page = client.post(reverse("offline", args=[dataset.slug]), {"n": 1, "days": 1, "after": ""})
    assert OfflineBatch.objects.count() == 1 and "taken out in the meantime" in text_of(page)


def test_who_is_paused_takes_nothing_out(dataset):
    pause(dataset, erin(dataset), leo(dataset), "we talk first", now())
    with pytest.raises(UnableToTakeOut, match="paused"):
        taken(dataset)
    assert not OfflineBatch.objects.exists()


def test_none_left_is_no_batch(dataset):
    taken(dataset, 10)
    with pytest.raises(UnableToTakeOut, match="No case is left"):
        taken(dataset, 1)
    assert OfflineBatch.objects.count() == 1


def test_a_failure_while_taking_out_leaves_nothing(dataset, monkeypatch):
    monkeypatch.setattr(acting.OfflineRow.objects, "bulk_create", _fails)
    with pytest.raises(RuntimeError):
        taken(dataset)
    assert not OfflineBatch.objects.exists() and not dataset.cases.filter(leased_until__isnull=False).exists()


def _fails(*args, **options):
    raise RuntimeError


@pytest.mark.fault("two experts take cases away at once")
@pytest.mark.django_db(transaction=True)
def test_two_experts_take_out_at_once(tmp_path):
    dataset = queue_of(tmp_path)
    people = [erin(dataset), emil(dataset)]

    def take(person):
        return set(taken(dataset, 2, person).rows.values_list("case", flat=True))

    cases = in_threads(take, people)
    assert [len(one) for one in cases] == [2, 2] and cases[0].isdisjoint(cases[1])


# -- bringing back


def test_the_same_answer_again_is_the_same_decision(dataset):
    batch = taken(dataset)
    row = rows_of(batch)[0]
    assert bring_back(batch, [says(row)], now()).decided == 1
    again = bring_back(batch, [says(row, "payment")], now())
    assert (again.decided, again.already, again.changed) == (0, 1, [2])
    assert Decision.objects.count() == 1


def test_what_was_lost_meanwhile_is_listed_and_the_rest_recorded(dataset):
    batch = taken(dataset, 3)
    lost, own, kept = rows_of(batch)
    cases = {str(row.key): row.case for row in batch.rows.select_related("case")}
    later = batch.until + timedelta(minutes=1)
    decide(cases[lost["case"]], emil(dataset), answer(dataset, "access"), later)
    decide(cases[own["case"]], erin(dataset), answer(dataset, "access"), later)
    brought = bring_back(batch, [says(lost), says(own), says(kept)], later)
    assert brought.decided == 1 and len(brought.lost) == 2
    assert all("settled in the meantime" in why for _, why in brought.lost)
    assert [line.out for line in batch_lines(dataset, later)] == [0]


def test_over_time_what_nobody_took_comes_back_all_the_same(dataset):
    batch = taken(dataset, 1)
    later = batch.until + DAY
    assert bring_back(batch, [says(rows_of(batch)[0])], later).decided == 1


def test_over_time_the_page_shows_them_again(dataset):
    batch = taken(dataset, 4)
    assert lease(dataset, erin(dataset), now()) is None
    assert lease(dataset, erin(dataset), batch.until + DAY)


def test_an_answer_taken_back_has_its_case_on_the_page(dataset):
    batch = taken(dataset, 4)
    bring_back(batch, [says(rows_of(batch)[0])], now())
    case = undo(Decision.objects.get(), erin(dataset), uuid4(), now())
    assert lease(dataset, erin(dataset), now()) == case


def test_who_was_paused_meanwhile_brings_nothing_back(dataset):
    batch = taken(dataset)
    rows = rows_of(batch)
    pause(dataset, erin(dataset), leo(dataset), "we talk first", now())
    with pytest.raises(UnableToTakeOut, match="paused"):
        bring_back(batch, [says(rows[0])], now())
    assert not Decision.objects.exists()


def test_a_failure_in_the_middle_leaves_nothing(dataset, monkeypatch):
    batch, calls = taken(dataset), []

    def once(*args, **options):
        calls.append(args)
        if len(calls) == 2:
            raise RuntimeError
        return decide(*args, **options)

    monkeypatch.setattr(acting, "decide", once)
    with pytest.raises(RuntimeError):
        bring_back(batch, [says(row) for row in rows_of(batch)], now())
    assert not Decision.objects.exists() and batch.rows.out().count() == 2


@pytest.mark.fault("a spreadsheet of answers brought back twice at once")
@pytest.mark.django_db(transaction=True)
def test_uploaded_twice_at_once_is_recorded_once(tmp_path):
    dataset = queue_of(tmp_path)
    batch = taken(dataset)
    rows = [says(row) for row in rows_of(batch)]
    brought = in_threads(lambda _: bring_back(batch, rows, now()), range(2))
    assert sorted(one.decided for one in brought) == [0, 2]
    assert sorted(one.already for one in brought) == [0, 2]


# -- the upload


def test_one_bad_row_records_nothing_until_the_good_ones_are_wanted(client, dataset):
    batch = taken(dataset)
    good, bad = rows_of(batch)
    good["answer"], bad["answer"] = "access", "acess"
    client.force_login(erin(dataset))
    page = client.post(url_of(batch), {"file": file_of([good, bad])})
    assert "“acess” is no answer here" in text_of(page) and "Nothing was recorded: 1 thing to mend" in text_of(page)
    assert not Decision.objects.exists()
    page = client.post(url_of(batch), {"token": page.context["token"]})
    assert "1 answer is recorded" in text_of(page) and Decision.objects.count() == 1
    assert "1 thing was wrong" in text_of(page)


def test_rows_of_another_batch_are_refused(client, dataset):
    other, batch = taken(dataset, 1, emil(dataset)), taken(dataset, 1)
    row = rows_of(other)[0] | {"answer": "access"}
    client.force_login(erin(dataset))
    assert "not of this batch" in text_of(client.post(url_of(batch), {"file": file_of([row])}))
    assert client.get(url_of(other)).status_code == client.get(url_of(other, "offline_cases")).status_code == 404
    assert client.post(url_of(other), {"file": file_of([row])}).status_code == 404
    assert client.post(url_of(other, "give_back_batch")).status_code == 404
    assert not Decision.objects.exists() and other.rows.out().count() == 1


def test_a_file_as_a_spreadsheet_saves_it(client, dataset):
    batch = taken(dataset, 1)
    row = rows_of(batch)[0]
    text = f"case;text;answer;not sure;reason;note\r\n{row['case']};café;ACCESS;TRUE;;\r\n;;;;;\r\n"
    client.force_login(erin(dataset))
    file = SimpleUploadedFile("cases.csv", text.encode("cp1252"))
    assert "1 answer is recorded" in text_of(client.post(url_of(batch), {"file": file}))
    assert Decision.objects.get().confidence == "unsure"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("cases.xlsx", b"PK\x03\x04", "is damaged or is none"),
        ("cases.csv", b"PK\x03\x04", "name a workbook .xlsx or .ods"),
        ("cases.csv", b"a,b\n1,2\n", "no column 'case'"),
        ("cases.csv", b"case,answer\nx,y,z\n", "the header has 2"),
        ("cases.csv", b'case,answer\n"x,y\n', "never closed"),
        ("cases.csv", b"", "empty"),
    ],
)
def test_a_file_that_is_none(client, dataset, name, content, words):
    batch = taken(dataset, 1)
    client.force_login(erin(dataset))
    page = client.post(url_of(batch), {"file": SimpleUploadedFile(name, content)})
    assert page.status_code == 200 and words in text_of(page) and not Decision.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"token": "../../etc/passwd"}, {"token": "0" * 32}])
def test_no_file_is_no_upload(client, dataset, sent):
    batch = taken(dataset, 1)
    client.force_login(erin(dataset))
    page = client.post(url_of(batch), sent)
    assert page.status_code == 200 and page.context["form"].errors


# -- giving back, and leads


def test_what_is_given_back_goes_to_whoever_asks(client, dataset):
    batch = taken(dataset, 4)
    row = rows_of(batch)[0]
    client.force_login(erin(dataset))
    assert "4 cases are back in the queue" in text_of(client.post(url_of(batch, "give_back_batch"), follow=True))
    assert lease(dataset, emil(dataset), now())
    assert give_back(batch, now()) == 0
    brought = bring_back(batch, [says(row)], now())
    assert brought.decided == 0 and "given back" in brought.lost[0][1]


def test_giving_back_takes_no_case_from_somebody_else(dataset):
    batch = taken(dataset, 4)
    case = lease(dataset, emil(dataset), batch.until + DAY)
    give_back(batch, now())
    case.refresh_from_db()
    assert case.leased_to == emil(dataset)


def test_a_lead_takes_out_for_an_expert_and_sees_all_batches(client, dataset):
    taken(dataset, 1, emil(dataset))
    person, lead = erin(dataset), leo(dataset)
    client.force_login(lead)
    sent = {"n": 2, "days": 1, "user": person.pk, "after": ""}
    page = client.post(reverse("offline", args=[dataset.slug]), sent, follow=True)
    batch = OfflineBatch.objects.latest("id")
    assert batch.user == person and batch.maker == lead and "for erin" in text_of(page)
    page = text_of(client.get(reverse("offline", args=[dataset.slug])))
    assert "by leo" in page and "emil" in page
    row = rows_of(batch)[0] | {"answer": "access"}
    client.post(url_of(batch), {"file": file_of([row])})
    assert Decision.objects.get().expert == person
    assert client.post(reverse("offline", args=[dataset.slug]), {**sent, "user": olga().pk}).context["form"].errors


def test_an_expert_takes_out_for_nobody_else(client, dataset):
    client.force_login(erin(dataset))
    sent = {"n": 1, "days": 1, "user": emil(dataset).pk, "after": ""}
    client.post(reverse("offline", args=[dataset.slug]), sent)
    assert OfflineBatch.objects.get().user == erin(dataset)
    assert "emil" not in text_of(client.get(reverse("offline", args=[dataset.slug])))


def test_only_members(client, dataset):
    batch = taken(dataset, 1)
    client.force_login(olga())
    for url in (reverse("offline", args=[dataset.slug]), url_of(batch), url_of(batch, "offline_cases")):
        assert client.get(url).status_code == 404
