import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.access import shown_finding
from annotation.actions.detecting.detect import request_detection
from annotation.actions.jobs.work import work, work_here
from annotation.actions.queue.decide import decide
from annotation.actions.queue.lease import lease
from annotation.models import (
    Annotator,
    Case,
    Dataset,
    Detection,
    Finding,
    FindingItem,
    Flag,
    Item,
    Job,
    Membership,
    Ruling,
)
from annotation.reading.casework.listing import CaseFilter, list_cases
from tests.counting import SET_FOR_THE_MENU
from tests.factories import answer, imported, open_case, small_dataset
from tests.pages import text_of
from tests.people import as_, emil, erin, leo, olga, otto, user

PAGES = ("job", "disagreement", "findings", "cases", "download_cases", "people", "question", "import")


@pytest.fixture
def dataset(tmp_path, db):
    return small_dataset(tmp_path)


def path(name, dataset, *args):
    args = args or ((dataset.jobs.first().pk,) if name == "job" else ())
    return reverse(name, args=(dataset.slug, *args))


def change(dataset, person, page="people", **data):
    return as_(person).post(path(page, dataset), data, follow=True)


def finding_over(dataset, *external_ids, key="payment>access"):
    detection = Detection.objects.create(
        dataset=dataset, n_items=6, n_groups=0, n_conflicts=0, n_flags=0, n_findings=1, arrays="", seconds=1
    )
    finding = Finding.objects.create(
        dataset=dataset, detection=detection, kind="class_pair", key=key, title="payment is being labelled access",
        reason="So it seems.", rule={}, n=len(external_ids), value=0.5, low=0.2, high=0.8,
    )  # fmt: skip
    for item in Item.objects.filter(dataset=dataset, external_id__in=external_ids):
        FindingItem.objects.create(finding=finding, item=item)
    return finding


def test_it_works(dataset):
    work_here(request_detection(dataset, background=False))
    for name in PAGES:
        assert as_(leo(dataset)).get(path(name, dataset)).status_code == 200, name


@pytest.mark.parametrize("name", PAGES)
def test_expert_and_outsider_get_404_and_anonymous_the_login(dataset, name):
    url = path(name, dataset)
    for person in (erin(dataset), olga(), otto()):
        assert as_(person).get(url).status_code == 404
        assert as_(person).post(url).status_code in (404, 405)
    assert Client().get(url).url.startswith(reverse("login"))


def test_only_a_lead_detects_and_rules(dataset):
    finding = finding_over(dataset, "s1")
    for person in (erin(dataset), olga()):
        assert as_(person).post(path("detect", dataset)).status_code == 404
        assert as_(person).post(path("ruling", dataset, finding.pk), {"ruling": "accepted"}).status_code == 404
    assert not Job.objects.filter(kind="detection").exists()
    assert not Ruling.objects.exists()


def test_objects_of_another_dataset_are_not_found(dataset, tmp_path):
    other = small_dataset(tmp_path, "other")
    finding = finding_over(other, "s1")
    lead = as_(leo(dataset))
    assert lead.get(path("job", dataset, other.jobs.first().pk)).status_code == 404
    assert lead.post(path("ruling", dataset, finding.pk), {"ruling": "accepted"}).status_code == 404


# datasets


def test_datasets_shows_each_users_own(dataset, tmp_path):
    small_dataset(tmp_path, "other")
    open_case(dataset, "s1")
    page = text_of(as_(leo(dataset)).get("/"))
    assert "1 case waits in 1 dataset" in page
    assert path("overview", dataset) in page
    assert "other" not in page


def test_expert_of_one_dataset_goes_to_the_queue(dataset, tmp_path):
    expert = as_(erin(dataset))
    assert expert.get("/").url == path("queue", dataset)
    erin(small_dataset(tmp_path, "other"))
    page = text_of(expert.get("/"))
    assert path("queue", dataset) in page
    assert f'"{path("overview", dataset)}"' not in page


def test_outsider_is_shown_whom_to_ask(db):
    page = text_of(as_(olga()).get("/"))
    assert "not a member of any dataset" in page
    assert reverse("new_dataset") not in page


def test_operator_may_start_a_dataset(db):
    assert reverse("new_dataset") in text_of(as_(otto()).get("/"))


# detection and its job


def test_two_leads_pressing_detect_get_one_job(dataset):
    second = user("lea")
    Membership.objects.create(dataset=dataset, user=second, role="lead")
    urls = [as_(person).post(path("detect", dataset)).url for person in (leo(dataset), second)]
    assert urls[0] == urls[1] == path("job", dataset, Job.objects.get(kind="detection").pk)


def test_detect_wants_a_press(dataset):
    assert as_(leo(dataset)).get(path("detect", dataset)).status_code == 405


def test_running_job_is_asked_for_again_and_a_done_one_is_not(dataset):
    lead = as_(leo(dataset))
    url = lead.post(path("detect", dataset)).url
    queued = lead.get(url, headers={"hx-request": "true"})
    assert "every 1s" in text_of(queued)
    assert "waits for a worker" in text_of(queued)
    assert "<html" not in text_of(queued)
    work(Job.objects.get(kind="detection").pk)
    done = text_of(lead.get(url, headers={"hx-request": "true"}))
    assert "hx-get" not in done
    assert "open in a pool of 6 items" in done


def test_job_nobody_takes_says_so(dataset):
    job = request_detection(dataset)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    assert "No worker has picked it up" in text_of(as_(leo(dataset)).get(path("job", dataset, job.pk)))


def test_failed_job_says_why_and_what_to_do(tmp_path, db):
    dataset = Dataset.objects.create(slug="empty", name="Empty")
    job = work(request_detection(dataset, background=False).pk)
    page = text_of(as_(leo(dataset)).get(path("job", dataset, job.pk)))
    assert "The detection failed; nothing was written" in page
    assert "has no labelled items yet" in page
    assert path("detect", dataset) in page


@pytest.mark.parametrize(
    ("kind", "result", "words", "onward"),
    [
        ("training", {"run": 7, "snapshot": 3, "status": "ok", "converged": True}, "Run 7 is trained", "/runs/7/"),
        ("training", {"run": 7, "snapshot": 3, "status": "no", "converged": False}, "did not converge", "/runs/7/"),
        ("comparison", {"comparison": 4, "verdict": "better", "n": 10, "looks": 1, "planned_looks": 10}, "better",
         "/comparisons/4/"),
        ("comparison", {"verdict": "refused", "reason": "One run is at chance."}, "at chance", "/comparisons/"),
        ("demo", {}, "The demo is done", "/d/support/"),
    ],
)  # fmt: skip
def test_done_job_leads_on(dataset, kind, result, words, onward):
    job = Job.objects.create(
        kind=kind, dataset=dataset, key=kind, status=Job.DONE, result=result, finished_at=timezone.now()
    )
    page = text_of(as_(leo(dataset)).get(path("job", dataset, job.pk)))
    assert words in page
    assert f'{onward}"' in page


# cases


def test_cases_say_why_and_who(dataset):
    detection = finding_over(dataset, "s1").detection
    case = open_case(dataset, "s1")
    item = Item.objects.get(dataset=dataset, external_id="s1")
    Flag.objects.create(detection=detection, detector="label_error", item=item, score=0.9, reason="The model objects.")
    lease(dataset, erin(dataset), timezone.now())
    page = text_of(as_(leo(dataset)).get(path("cases", dataset)))
    row = f"{case.pk}</a></td>"
    for words in (row, "log in 1", "access", "The model objects.", "0.500", "erin", "1 case waits"):
        assert words in page, words


def test_cases_count_what_was_settled_and_by_whom(dataset):
    decide(open_case(dataset, "s1"), erin(dataset), answer(dataset, "access"), timezone.now())
    page = text_of(as_(leo(dataset)).get(path("cases", dataset)))
    assert "experts have settled 1" in page
    assert "decided by erin 1" in page


def test_without_a_detection_one_thing_to_do(dataset):
    page = text_of(as_(leo(dataset)).get(path("cases", dataset)))
    assert "no detection has run" in page
    assert path("detect", dataset) in page


def test_pages_of_cases_follow_each_other_by_key(dataset):
    scores = [0.5, 0.9, 0.5, 0.1 + 0.2, 0.9, 0.5]
    cases = [open_case(dataset, f"s{n}", score=score) for n, score in enumerate(scores, start=1)]
    seen, after = [], ""
    for _ in range(3):
        page = list_cases(dataset, timezone.now(), after=after, size=2)
        seen += [row.case.pk for row in page.rows]
        after = page.after
    assert after == ""
    assert seen == [cases[n].pk for n in (1, 4, 0, 2, 5, 3)]


def test_a_key_that_is_none_is_the_beginning(dataset):
    open_case(dataset, "s1")
    assert "1 case waits" in text_of(as_(leo(dataset)).get(path("cases", dataset), {"after": "x,y"}))


def test_cases_of_a_finding_and_of_a_detector(dataset):
    finding = finding_over(dataset, "s2")
    one, two = open_case(dataset, "s1"), open_case(dataset, "s2")
    item = Item.objects.get(dataset=dataset, external_id="s1")
    Flag.objects.create(detection=finding.detection, detector="label_error", item=item, score=0.9, reason="Because.")
    now = timezone.now()
    assert [row.case for row in list_cases(dataset, now, CaseFilter(finding=finding.pk)).rows] == [two]
    assert [row.case for row in list_cases(dataset, now, CaseFilter(detector="label_error")).rows] == [one]
    page = text_of(as_(leo(dataset)).get(path("cases", dataset), {"finding": finding.pk, "detector": "label_error"}))
    assert "No open case under this filter" in page
    assert f"{path('queue', dataset)}?finding={shown_finding(finding.pk)}" in page


def test_filter_gets_the_list_and_going_back_the_page(dataset):
    open_case(dataset, "s1")
    lead, url = as_(leo(dataset)), path("cases", dataset)
    assert "<html" not in text_of(lead.get(url, headers={"hx-request": "true"}))
    back = {"hx-request": "true", "hx-history-restore-request": "true"}
    assert "<html" in text_of(lead.get(url, headers=back))


@pytest.mark.parametrize("finding", ["99999", "no number", "9" * 30])
def test_unknown_finding_is_said_to_be_gone(dataset, finding):
    finding_over(dataset, "s2")
    page = as_(leo(dataset)).get(path("cases", dataset), {"finding": finding})
    assert "earlier detection" in text_of(page)


def test_a_page_of_cases_needs_few_queries(dataset, django_assert_max_num_queries):
    for number in range(1, 7):
        open_case(dataset, f"s{number}")
    client = as_(leo(dataset))
    with django_assert_max_num_queries(37 + SET_FOR_THE_MENU):
        client.get(path("cases", dataset))


def test_cases_as_csv(dataset):
    lead = as_(leo(dataset))
    assert "run detect first" in text_of(lead.get(path("download_cases", dataset), follow=True))
    work_here(request_detection(dataset, background=False))
    open_case(dataset, "s1", score=1.0)
    response = lead.get(path("download_cases", dataset))
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    first = next(row for row in rows if row["item_id"] == "s1")
    assert (first["case_rank"], first["text"], first["given_label"]) == ("1", "I can't log in 1", "access")
    assert "support-cases.csv" in response["Content-Disposition"]


# findings


def test_finding_counts_what_experts_made_of_it(dataset):
    finding = finding_over(dataset, "s1", "s2", "s3", "s4")
    for item, label in (("s1", "payment"), ("s2", "payment"), ("s3", "ambiguous")):
        decide(open_case(dataset, item), erin(dataset), answer(dataset, label), timezone.now())
    open_case(dataset, "s4")
    page = text_of(as_(leo(dataset)).get(path("findings", dataset)))
    assert "Experts reversed 1 of the 2 they gave a label" in page
    assert "50.0 %" in page
    assert "1 open case<" in page
    assert f"{path('cases', dataset)}?finding={finding.pk}" in page


def test_reversed_item_counts_after_it_left_the_finding(dataset):
    finding_over(dataset, "s1")
    decide(open_case(dataset, "s1"), erin(dataset), answer(dataset, "payment"), timezone.now())
    finding_over(dataset, "s2")
    assert "Experts reversed 1 of the 1" in text_of(as_(leo(dataset)).get(path("findings", dataset)))


def test_rulings_append_and_the_latest_counts(dataset):
    finding, lead = finding_over(dataset, "s1"), as_(leo(dataset))
    for ruling in ("accepted", "dismissed"):
        assert lead.post(path("ruling", dataset, finding.pk), {"ruling": ruling}).url == path("findings", dataset)
    assert list(Ruling.objects.values_list("key", "ruling", "lead__username")) == [
        (finding.key, "accepted", "leo"), (finding.key, "dismissed", "leo"),
    ]  # fmt: skip
    assert "dismissed by leo" in text_of(lead.get(path("findings", dataset)))
    assert lead.post(path("ruling", dataset, finding.pk), {"ruling": "maybe"}).status_code == 404


def test_no_detection_and_no_finding_have_pages_of_their_own(dataset):
    lead = as_(leo(dataset))
    assert "no detection has run" in text_of(lead.get(path("findings", dataset)))
    work_here(request_detection(dataset, background=False))
    Finding.objects.all().delete()
    assert "Nothing explains many doubtful labels" in text_of(lead.get(path("findings", dataset)))


def test_findings_are_grouped_by_kind_and_long_lists_fold(dataset):
    for number in range(7):
        finding_over(dataset, "s1", key=f"pair {number}")
    newest = Detection.objects.latest()
    Finding.objects.filter(key__in=[f"pair {n}" for n in range(7)]).update(detection=newest)
    Finding.objects.filter(key="pair 6").update(kind="drift", title="From May on")
    Ruling.objects.create(dataset=dataset, key="pair 0", ruling="dismissed", lead=leo(dataset))
    page = text_of(as_(leo(dataset)).get(path("findings", dataset)))
    assert page.index("One class labelled as another") < page.index("1 more") < page.index("Rates that changed")
    assert page.index("1 more") < page.index("dismissed by leo") < page.index("From May on", page.index("Rates that"))


def test_a_finding_of_an_unknown_kind_is_shown(dataset):
    finding = finding_over(dataset, "s1")
    Finding.objects.filter(pk=finding.pk).update(kind="brand_new")
    assert "Other findings" in text_of(as_(leo(dataset)).get(path("findings", dataset)))


def test_a_finding_without_items_has_no_queue(dataset):
    finding = finding_over(dataset)
    Finding.objects.filter(pk=finding.pk).update(kind="too_few")
    page = text_of(as_(leo(dataset)).get(path("findings", dataset)))
    assert "No open case" in page and "There is no queue" in page
    assert path("open_finding", dataset, finding.pk) not in page


def test_findings_are_headed_by_the_one_with_most_open_cases(dataset):
    for item in ("s1", "s2", "s3"):
        open_case(dataset, item)
    few = finding_over(dataset, "s1", key="few")
    many = Finding.objects.create(
        dataset=dataset, detection=few.detection, kind="count_rule", key="many", title="“pay” more than once → payment",
        reason="So it seems.", rule={}, n=2, value=1, low=0.3, high=1,
    )  # fmt: skip
    for item in dataset.items.filter(external_id__in=["s2", "s3"]):
        FindingItem.objects.create(finding=many, item=item)
    page = text_of(as_(leo(dataset)).get(path("findings", dataset)))
    assert "<h1>“pay” more than once → payment, and 1 more finding</h1>" in page
    assert page.index("Labels given by counting a word") < page.index("One class labelled as another")


def test_a_lead_opens_the_items_of_a_finding_and_so_accepts_it(dataset):
    """s1 waits already and s2 is decided: s3 and s4 are opened, once."""
    finding = finding_over(dataset, "s1", "s2", "s3", "s4")
    decide(open_case(dataset, "s2"), erin(dataset), answer(dataset, "payment"), timezone.now())
    open_case(dataset, "s1")
    lead, url = as_(leo(dataset)), path("open_finding", dataset, finding.pk)
    assert "Accept and open 2 items as cases" in text_of(lead.get(path("findings", dataset)))
    assert "2 cases are open now" in text_of(lead.post(url, follow=True))
    opened = dataset.cases.open().of_finding(finding.pk)
    assert sorted(opened.values_list("case_items__item__external_id", flat=True)) == ["s1", "s3", "s4"]
    assert Ruling.objects.get().ruling == "accepted" and lead.get(url).status_code == 405
    assert "Nothing was left to open" in text_of(lead.post(url, follow=True))
    assert Ruling.objects.count() == 1
    for person in (erin(dataset), olga()):
        assert as_(person).post(url).status_code == 404


# disagreement


def test_disagreement_heading_says_the_finding(dataset):
    lead = as_(leo(dataset))
    assert "no item has two answers" in text_of(lead.get(path("disagreement", dataset)))
    item = Item.objects.get(dataset=dataset, external_id="s1")
    annotator = Annotator.objects.create(dataset=dataset, name="ann2")
    item.labels.create(annotator=annotator, label_class=dataset.label_classes.get(name="payment"), origin="import")
    assert "Annotators disagreed on 100.0 % of the items that two or more labelled; after relabelling still" in text_of(
        lead.get(path("disagreement", dataset))
    )
    decide(open_case(dataset, "s1"), erin(dataset), answer(dataset, "access"), timezone.now())
    page = text_of(lead.get(path("disagreement", dataset)))
    assert "after relabelling 0.0 %" in page
    assert "access ↔ payment" in page


def test_pair_of_annotators_opens_the_items_on_which_they_differ(tmp_path, db):
    rows = [
        {
            "id": f"i{at}",
            "text": f"ticket number {at}",
            "who": who,
            "label": "payment" if who == "bob" and at else "access",
        }
        for at in range(12)
        for who in ("ann", "bob")
    ]
    dataset = imported(tmp_path, rows, annotator="who")
    page = text_of(as_(leo(dataset)).get(path("disagreement", dataset)))
    ann, bob = (dataset.annotators.get(name=name).pk for name in ("ann", "bob"))
    url = path("two_annotators", dataset, ann, bob)
    assert f'href="{url}"' in page and "ann and bob agree least: kappa 0.00" in page
    assert "Kappa, quadratic" not in page, "two classes have no order"
    found = text_of(as_(leo(dataset)).get(url))
    assert "ann and bob differ on 11 of 12 items" in found and "ticket number 11" in found
    other = small_dataset(tmp_path, "other")
    assert as_(leo(other)).get(path("two_annotators", other, ann, bob)).status_code == 404
    assert as_(leo(dataset)).get(path("two_annotators", dataset, ann, ann)).status_code == 404
    for person in (erin(dataset), olga()):
        assert as_(person).get(url).status_code == 404


def test_share_of_inputs_in_conflict_stands_beside_its_cases(tmp_path, db):
    text = "the card was declined twice at the shop around the corner yesterday"
    rows = [{"id": f"i{at}", "text": text + "!" * at, "label": "xy"[at]} for at in range(2)]
    dataset = imported(tmp_path, [*rows, {"id": "alone", "text": "where is my parcel", "label": "x"}])
    work_here(request_detection(dataset, background=False))
    page = text_of(as_(leo(dataset)).get(path("disagreement", dataset)))
    assert "2 of 3 items had a near-copy under another label; now 2 of 3" in page
    assert f"{path('cases', dataset)}?detector=near_duplicate_conflict" in page


# people


def test_new_member_gets_a_password_shown_once(dataset):
    lead = leo(dataset)
    page = change(dataset, lead, change="member", username="nina", role="expert")
    password = page.context["made"]["password"]
    assert password in text_of(page)
    assert "no-store" in page["Cache-Control"]
    assert Client().login(username="nina", password=password)
    assert dataset.role_of(user("nina")) == "expert"
    assert password not in text_of(as_(lead).get(path("people", dataset)))


def test_existing_user_is_added_without_a_password(dataset):
    page = change(dataset, leo(dataset), change="member", username=olga().username, role="lead")
    assert "olga is now a lead" in text_of(page)
    assert page.context["made"] is None
    assert dataset.role_of(olga()) == "lead"


@pytest.mark.parametrize(
    ("name", "sentence"), [("", "Write a user name"), ("two words", "no spaces"), ("leo", "already")]
)
def test_member_is_refused_in_a_sentence(dataset, name, sentence):
    assert sentence in text_of(change(dataset, leo(dataset), change="member", username=name, role="lead"))
    assert Membership.objects.count() == 1


def test_role_changes(dataset):
    expert = erin(dataset)
    assert "erin is now a lead" in text_of(change(dataset, leo(dataset), change="role", member=expert.pk, role="lead"))
    assert dataset.role_of(expert) == "lead"


@pytest.mark.parametrize("what", [{"change": "role", "role": "expert"}, {"change": "remove"}])
def test_the_only_lead_stays(dataset, what):
    lead = leo(dataset)
    erin(dataset)
    assert "leo is the only lead" in text_of(change(dataset, lead, member=lead.pk, **what))
    assert dataset.role_of(lead) == "lead"


def test_lead_who_steps_down_lands_outside(dataset):
    lead, other = leo(dataset), emil(dataset)
    change(dataset, lead, change="role", member=other.pk, role="lead")
    page = as_(lead).post(path("people", dataset), {"change": "role", "member": lead.pk, "role": "expert"})
    assert page.url == "/"
    assert dataset.role_of(lead) == "expert"


def test_removed_member_gives_their_case_back(dataset):
    expert = erin(dataset)
    case = open_case(dataset, "s1")
    lease(dataset, expert, timezone.now())
    change(dataset, leo(dataset), change="remove", member=expert.pk)
    assert dataset.role_of(expert) is None
    assert Case.objects.get(pk=case.pk).leased_to is None


def test_strangers_have_no_role_to_change(dataset):
    page = change(dataset, leo(dataset), change="role", member=olga().pk, role="lead")
    assert 'role="alert"' in text_of(page)
    assert dataset.role_of(olga()) is None


def test_annotator_is_linked_and_never_asked_again(dataset):
    expert = erin(dataset)
    open_case(dataset, "s1")
    assert lease(dataset, expert, timezone.now())
    page = change(dataset, leo(dataset), change="link", annotator="ann1", member=expert.pk)
    assert "Labels by “ann1” are erin's" in text_of(page)
    assert lease(dataset, expert, timezone.now()) is None
    change(dataset, leo(dataset), change="link", annotator="ann1", member="")
    assert dataset.annotators.get(name="ann1").user is None


def test_only_names_from_files_are_linked(dataset):
    decide(open_case(dataset, "s1"), erin(dataset), answer(dataset, "access"), timezone.now())
    other = emil(dataset)
    for name in ("@erin", "nobody"):
        page = change(dataset, leo(dataset), change="link", annotator=name, member=other.pk)
        assert f"No file brought labels by “{name}”" in text_of(page)
    assert dataset.annotators.get(name="@erin").user == erin(dataset)


def test_guideline_gets_a_new_version_each_time(dataset):
    lead = leo(dataset)
    change(dataset, lead, "guidelines", change="guideline", text="Look twice.", based_on=0)
    change(dataset, lead, "guidelines", change="guideline", text="Look three times.", based_on=1)
    change(dataset, lead, "guidelines", change="guideline", text="Look three times.", based_on=2)
    assert list(dataset.guidelines.order_by("version").values_list("version", "text", "author__username")) == [
        (1, "Look twice.", "leo"), (2, "Look three times.", "leo"),
    ]  # fmt: skip


def test_guideline_written_over_anothers_is_refused_and_kept_on_the_page(dataset):
    lead = leo(dataset)
    change(dataset, lead, "guidelines", change="guideline", text="Theirs.", based_on=0)
    page = change(dataset, lead, "guidelines", change="guideline", text="My long text.", based_on=0)
    assert "Version 1 was published while you wrote" in text_of(page)
    assert "My long text." in text_of(page)
    assert dataset.guideline.text == "Theirs."


def test_reasons_come_and_go_unless_used(dataset):
    lead = leo(dataset)
    for reason in ("liquidity", "guidance", "liquidity"):
        page = change(dataset, lead, "question", change="reason", text=reason)
    assert "in the list already" in text_of(page)
    used, unused = dataset.reasons.all()
    assert (used.text, used.position, unused.position) == ("liquidity", 0, 1)
    decide(open_case(dataset, "s1"), erin(dataset), answer(dataset, "access", reasons=[used]), timezone.now())
    assert "stays in the list" in text_of(change(dataset, lead, "question", change="drop_reason", reason=used.pk))
    change(dataset, lead, "question", change="drop_reason", reason=unused.pk)
    assert list(dataset.reasons.all()) == [used]


def test_question_meanings_metric_and_looks(dataset):
    access, payment = dataset.label_classes.order_by("name")
    change(
        dataset, leo(dataset), "question", change="settings", question="What do they want?", metric="macro_f1",
        planned_looks=5, **{f"meaning_{access.pk}": "cannot get in"},
    )  # fmt: skip
    dataset.refresh_from_db()
    assert (dataset.question, dataset.metric, dataset.planned_looks) == ("What do they want?", "macro_f1", 5)
    assert dict(dataset.label_classes.values_list("name", "meaning")) == {"access": "cannot get in", "payment": ""}


def test_a_change_nobody_knows_is_not_found(dataset):
    assert change(dataset, leo(dataset), change="everything").status_code == 404


def test_admin_shows_and_changes_nothing(dataset):
    client = as_(otto())
    for model in ("dataset", "case", "decision", "job", "detection", "guideline"):
        assert client.get(f"/admin/annotation/{model}/").status_code == 200
    assert client.get("/admin/annotation/dataset/add/").status_code == 403
    assert client.post(f"/admin/annotation/dataset/{dataset.pk}/change/", {"name": "x"}).status_code == 403
    assert client.post(f"/admin/annotation/dataset/{dataset.pk}/delete/", {"post": "yes"}).status_code == 403
