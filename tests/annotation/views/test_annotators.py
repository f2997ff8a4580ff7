from html import unescape

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse
from django.utils import timezone

from annotation.actions.crowd.estimate_consensus import read_crowd, request_consensus
from annotation.actions.files.import_labels import import_labels
from annotation.actions.jobs.work import UnableToWork, work, work_here
from annotation.actions.queue.decide import decide
from annotation.actions.queue.undo import undo
from annotation.core.artifacts import bytes_to_arrays, load_bytes
from annotation.models import Annotator, Consensus, CurrentLabel, Item, Job
from annotation.reading.annotators import confusion_of, list_annotators
from tests.annotation.core.crowd.crowd_by_hand import crowd
from tests.counting import SET_FOR_THE_MENU
from tests.factories import answer, imported, open_case, small_dataset
from tests.pages import html_of
from tests.people import as_, emil, erin, leo, olga

pytestmark = pytest.mark.django_db
CLASSES = ("sun", "rain", "snow")


@pytest.fixture
def weather(tmp_path):
    """120 items; two good annotators (g0, g1) against three poor ones (p2 to p4). `truth` by external id."""
    votes, truth = crowd(n_items=120, accuracies=(0.97, 0.97, 0.4, 0.4, 0.4), seed=4)
    rows = [
        {"id": f"i{item}", "text": f"tweet {item}", "label": CLASSES[label], "who": f"{'p' if who > 1 else 'g'}{who}"}
        for item, who, label in zip(votes.item, votes.annotator, votes.label, strict=True)
    ]
    dataset = imported(tmp_path, rows, slug="weather", annotator="who")
    dataset.truth = {f"i{item}": CLASSES[label] for item, label in enumerate(truth)}
    return dataset


def estimated(dataset, **asked):
    return work_here(request_consensus(dataset, background=False, **{"method": "dawid_skene", **asked})).result


def current(dataset):
    """External id → (class or state, basis) in force."""
    rows = CurrentLabel.objects.in_force().filter(item__dataset=dataset)
    return {
        item: (name or state, basis)
        for item, name, state, basis in rows.values_list("item__external_id", "label_class__name", "state", "basis")
    }


def right(dataset):
    return sum(dataset.truth[item] == label for item, (label, _) in current(dataset).items())


def skills(dataset):
    return {one["name"]: one for one in dataset.consensus_runs.latest("id").skills}


def settle(dataset, user, item, name, **extra):
    return decide(open_case(dataset, item), user, answer(dataset, name, **extra), timezone.now())


def test_an_estimate_is_a_fact_and_changes_no_label(weather):
    before = current(weather)
    result = estimated(weather, method="")
    row = Consensus.objects.get()
    assert (result["consensus"], row.n_items, row.n_labels, row.applied) == (row.pk, 120, 600, False)
    assert row.method == "dawid_skene" and result["changes"] > 5
    assert set(row.methods) == {"majority", "dawid_skene", "crowdlab"}
    figures = row.methods["dawid_skene"]
    assert (figures["labels"], figures["n"]) == (600, 120)
    assert figures["low"] <= figures["value"] <= figures["high"]
    assert figures["difference"]["low"] <= figures["difference"]["value"] <= figures["difference"]["high"]
    assert figures["difference"]["value"] > 0.05 and row.methods["majority"]["difference"]["value"] == 0
    assert current(weather) == before


def test_skills_tell_good_from_poor_and_name_the_costliest_confusion(weather):
    estimated(weather)
    found = skills(weather)
    assert [name[0] for name in found] == ["p", "p", "p", "g", "g"]
    assert found["g0"]["skill"]["low"] > found["p2"]["skill"]["high"]
    assert (found["p2"]["labels"], found["p2"]["skill"]["n"]) == (120, 120)
    assert found["p2"]["pair"]["said"] != found["p2"]["pair"]["true"]
    assert found["p2"]["annotator"] == weather.annotators.get(name="p2").pk


def test_what_is_stored_can_be_read_again(weather, settings):
    estimated(weather)
    arrays = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, Consensus.objects.get().arrays))
    assert arrays["probabilities"].sum(axis=1) == pytest.approx(1)
    ids = dict(Item.objects.values_list("id", "external_id"))
    said = {ids[item]: weather.class_names[label] for item, label in zip(arrays["item"], arrays["label"], strict=True)}
    assert sum(said[item] == label for item, label in weather.truth.items()) > 110


def test_applied_it_settles_with_basis_consensus(weather):
    before = right(weather)
    result = estimated(weather, apply=True)
    assert right(weather) > before + 5
    assert Consensus.objects.get().applied
    assert CurrentLabel.objects.count() == 120 + result["changes"]
    assert {basis for _, basis in current(weather).values()} == {"consensus"}
    assert estimated(weather, apply=True)["changes"] == 0


def test_a_decision_stays(weather):
    wrong = next(name for name in CLASSES if name != weather.truth["i3"])
    settle(weather, erin(weather), "i3", wrong)
    settle(weather, erin(weather), "i4", "ambiguous")
    estimated(weather, apply=True)
    labels = current(weather)
    assert (labels["i3"], labels["i4"]) == ((wrong, "decision"), ("ambiguous", "decision"))


def test_an_item_with_one_answer_keeps_it(tmp_path):
    dataset = small_dataset(tmp_path)
    before = current(dataset)
    result = estimated(dataset, method="", apply=True)
    assert (result["method"], result["changes"], result["contested"]) == ("majority", 0, 0)
    assert current(dataset) == before
    assert "labels of two annotators" in result["methods"]["dawid_skene"]["why_not"]
    assert skills(dataset)["ann1"]["skill"] is None


def test_experts_are_judged_by_the_others_and_judge_them(weather):
    expert = erin(weather)
    for number in range(20):
        settle(weather, expert, f"i{number}", weather.truth[f"i{number}"])
    estimated(weather)
    assert (skills(weather)["@erin"]["labels"], skills(weather)["@erin"]["skill"]["n"]) == (20, 20)
    assert skills(weather)["@erin"]["skill"]["value"] > 0.8
    crowd = read_crowd(weather)
    erins = crowd.annotators.index("@erin")
    assert (crowd.decider >= 0).sum() == 20 and set(crowd.decider[crowd.decider >= 0]) == {erins}
    assert {crowd.classes[code] for code in crowd.decided[crowd.decided >= 0]} <= set(CLASSES)
    assert crowd.closed.sum() == 20


def test_a_check_of_a_single_label_judges_the_annotator_and_not_the_expert(tmp_path):
    rows = [
        {"id": f"i{n}", "text": f"item number {n}", "label": "ab"[n % 2], "who": ("ann", "bob")[n < 30]}
        for n in range(60)
    ]  # fmt: skip
    dataset = imported(tmp_path, rows, annotator="who")
    for n in range(20):
        settle(dataset, erin(dataset), f"i{n}", "ba"[n % 2])
    crowd = read_crowd(dataset)
    assert set(crowd.annotators) == {"ann", "bob"} and len(crowd.votes) == 60 and not crowd.votes.overlap
    assert (crowd.decided >= 0).sum() == 20
    estimated(dataset, method="")
    found = skills(dataset)
    assert (found["bob"]["skill"]["n"], found["bob"]["labels"]) == (20, 30)
    assert found["bob"]["skill"]["value"] < 0.3 and "@erin" not in found
    settle(dataset, emil(dataset), "i30", "b")
    assert set(read_crowd(dataset).annotators) == {"ann", "bob"}


def test_answers_that_were_not_blind_or_were_changed_count_for_nobody(weather):
    expert, other = erin(weather), emil(weather)
    settle(weather, expert, "i0", "sun", blind=False)
    changed = settle(weather, expert, "i1", "sun")
    case = undo(changed, expert, answer(weather, "rain").token, timezone.now())
    assert not decide(case, expert, answer(weather, "rain"), timezone.now()).blind
    settle(weather, other, "i2", "sun")
    assert "@erin" not in read_crowd(weather).annotators
    assert "@emil" in read_crowd(weather).annotators


def test_production_is_left_alone(weather, tmp_path):
    imported(tmp_path, [{"id": "p", "text": "live", "label": "sun"}], slug="weather", split="production")
    assert estimated(weather)["items"] == 120


def test_the_same_question_is_the_same_job_until_something_changes(weather, tmp_path):
    first = request_consensus(weather, background=False)
    assert request_consensus(weather, background=False) == first
    path = tmp_path / "more.csv"
    path.write_text("item,who,label\ni1,new,sun\n")
    import_labels(weather, path, item="item", annotator="who", label="label")
    assert request_consensus(weather, background=False) != first


def test_refusals_say_what_to_do(tmp_path):
    dataset = small_dataset(tmp_path)
    with pytest.raises(UnableToWork, match="no method 'glad'"):
        request_consensus(dataset, method="glad")
    with pytest.raises(UnableToWork, match="Dawid-Skene can't be used here. No item has labels of two"):
        estimated(dataset)
    empty = imported(tmp_path, [{"id": "a", "text": "x"}], slug="empty", label=None)
    with pytest.raises(UnableToWork, match="no labels yet"):
        estimated(empty)


def test_the_command_prints_one_line(weather, capsys):
    call_command("consensus", "weather", "--method", "majority", "--apply", "--json")
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and '"method": "majority"' in out
    with pytest.raises(CommandError):
        call_command("consensus", "nothing")


# ---- the page


def page(dataset, **query):
    return unescape(html_of(as_(leo(dataset)).get(reverse("annotators", args=[dataset.slug]), query)))


def test_page_before_the_first_estimate_has_one_thing_to_do(weather):
    assert "The annotators have not been judged yet" in page(weather)
    assert reverse("estimate_consensus", args=[weather.slug]) in page(weather)


def test_page_shows_methods_annotators_and_contested_items(weather):
    weather.annotators.filter(name="g1").update(user=erin(weather))
    estimated(weather, method="dawid_skene")
    shown = page(weather)
    assert "Dawid-Skene is expected to be right more often than majority, by " in shown and "of 120 items" in shown
    assert "There are no out-of-fold probabilities" in shown
    # with what stands around them: two letters alone also come up in a form's random token
    assert max(shown.index(f">p{number}</a>") for number in (2, 3, 4)) < shown.index(">g0</a>")
    assert 'g1</a> <span class="tag">erin</span>' in shown
    assert "” called “" in shown and "Settle labels by it" in shown
    assert "an error" in shown or "honest disagreement" in shown or "ask " in shown


def test_an_annotators_own_page_shows_the_whole_confusion(weather):
    poor = weather.annotators.get(name="p2")
    lead, url = as_(leo(weather)), reverse("annotator", args=[weather.slug, poor.pk])
    assert "has no label by p2" in html_of(lead.get(url))
    estimated(weather)
    rows = confusion_of(weather, poor)
    assert {row.true for row in rows} == set(CLASSES) and sum(row.right.n for row in rows) in range(118, 123)
    for row in rows:
        assert 0.2 < row.right.low < row.right.value < row.right.high < 0.75
        assert row.right.value + sum(rate.value for _, rate in row.mistakes) == pytest.approx(1)
    assert f'href="{url}"' in page(weather)
    assert "Called instead" in html_of(lead.get(url))
    assert as_(erin(weather)).get(url).status_code == 404


def test_a_decided_item_is_no_longer_listed(weather):
    estimated(weather)
    first = list_annotators(weather).contested[0].excerpt
    settle(weather, erin(weather), first.replace("tweet ", "i"), "sun")
    assert first not in [row.excerpt for row in list_annotators(weather).contested]


def test_page_of_annotators_who_share_no_item(tmp_path):
    dataset = small_dataset(tmp_path)
    estimated(dataset, method="majority")
    assert "annotators cannot be compared" in page(dataset)
    assert "nobody else answered" in page(dataset)


def test_buttons_estimate_and_apply(weather):
    lead, url = as_(leo(weather)), reverse("estimate_consensus", args=[weather.slug])
    assert "/jobs/" in lead.post(url).url
    assert "Watch the estimate" in page(weather)
    job = Job.objects.get(kind="consensus")
    assert job.params == {"method": "", "apply": False} and job.created_by.username == "leo"
    work(job.pk)
    assert "Settle labels by it" in page(weather)
    done = unescape(html_of(lead.get(reverse("job", args=[weather.slug, job.pk]))))
    assert "The consensus would change" in done
    lead.post(url, {"apply": "1"})
    assert Job.objects.get(kind="consensus", params__apply=True)


def test_only_a_lead_sees_and_asks(weather):
    for person in (erin(weather), olga()):
        assert as_(person).get(reverse("annotators", args=[weather.slug])).status_code == 404
        assert as_(person).post(reverse("estimate_consensus", args=[weather.slug])).status_code == 404
    assert as_(leo(weather)).get(reverse("estimate_consensus", args=[weather.slug])).status_code == 405
    assert not Job.objects.filter(kind="consensus").exists()


def test_page_needs_few_queries(weather, django_assert_max_num_queries):
    estimated(weather)
    client = as_(leo(weather))
    with django_assert_max_num_queries(27 + SET_FOR_THE_MENU):
        client.get(reverse("annotators", args=[weather.slug]))


def test_newer_labels_are_said(weather):
    estimated(weather)
    item = Item.objects.get(external_id="i1")
    item.labels.create(
        annotator=Annotator.objects.get(name="g0"), label_class=weather.label_classes.first(), origin="import"
    )
    assert "1 label came in since" in page(weather)


def test_labels_given_again_are_counted_and_said(weather, tmp_path):
    rows = "item,who,label\ni0,g0,sun\ni0,g0,rain\ni1,g1,snow\n"
    (tmp_path / "again.csv").write_text(rows)
    import_labels(weather, tmp_path / "again.csv", item="item", annotator="who", label="label")
    result = estimated(weather)
    assert (result["superseded"], result["labels"]) == (2, 600)
    assert "2 earlier labels count no more" in " ".join(page(weather).split())
