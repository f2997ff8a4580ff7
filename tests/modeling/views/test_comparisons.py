from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from annotation.models import Job, Membership, PredictionSet, Snapshot
from modeling.core.proving.proof import refused_json
from modeling.figures.words.comparisons import comparison_heading
from modeling.figures.words.numbers import p_words, signed
from modeling.figures.words.recipes import differing_settings
from modeling.models import Comparison
from modeling.reading.comparing.between import between
from modeling.reports import report_on
from tests import people
from tests.factories import small_dataset
from tests.modeling import small_world
from tests.pages import html_of

pytestmark = pytest.mark.django_db
DIFFERENCE = {
    "metric": "accuracy", "value": 0.0932, "low": 0.0713, "high": 0.1141, "low_planned": 0.06, "high_planned": 0.125,
}  # fmt: skip


def page_of(client, dataset, comparison):
    client.force_login(people.leo(dataset))
    return html_of(client.get(reverse("comparison", args=[dataset.slug, comparison.pk])))


def test_it_works(client, tmp_path):
    dataset, before, after, comparison = small_world.whole_round(tmp_path)
    page, proof = page_of(client, dataset, comparison), comparison.proof
    assert report_on(comparison).heading in page and "Relabelling 10 cases" in page
    assert "Same recipe, same regularization (logistic regression, L2, C = 1)" in page
    assert "look 1 of 10" in page and "none of it by people who also relabelled the pool" in page
    assert f"{proof['wrong_to_right']} mended" in page and p_words(proof["mcnemar_p"]) in page
    assert "10 decisions between the two changed 10 labels" in page and "erin (10)" in page
    assert "corrected for 2 sources" in page and "phone" in page and "web" in page
    assert comparison.snapshot.sha256[:8] in page
    for name, bar in (("Before", "before"), ("After", "after")):
        assert f"{name} {100 * proof[bar]['accuracy']:.1f}" in page


def test_before_as_first_trained_stands_beside_it(client, tmp_path):
    dataset, before, after, comparison = small_world.whole_round(tmp_path, ambiguous=2)
    assert comparison.as_trained == before and comparison.before_run != before
    page = page_of(client, dataset, comparison)
    assert f"Run {before.pk} as first trained had 2 rows that after lacks" in page
    assert "10 decisions between the two changed 8 labels" in page
    assert "Before, as first trained" in page and "Before, on today’s rows" in page


def test_other_settings_are_a_warning_and_no_merit_of_the_labels(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    before = small_world.trained(dataset)
    small_world.relabelled(dataset)
    after = small_world.trained(dataset, C="30")
    comparison = small_world.compared(dataset, before, after)
    page = page_of(client, dataset, comparison)
    assert "Other settings: C was 1 and is 30" in page and "the difference is not the labels’ alone" in page
    assert f"Run {after.pk} against run {before.pk}" in page and "Relabelling" not in report_on(comparison).heading


def test_a_prediction_set_from_elsewhere_cannot_be_matched(client, tmp_path):
    dataset, _, _, comparison = small_world.whole_round(tmp_path)
    Comparison.objects.filter(pk=comparison.pk).update(before_run=None)
    page = page_of(client, dataset, comparison)
    assert "A prediction set from elsewhere cannot be matched" in page
    assert between(Comparison.objects.get(pk=comparison.pk)) is None


def test_figures_outlive_their_files(client, tmp_path):
    dataset, _, _, comparison = small_world.whole_round(tmp_path)
    (Path(settings.ARTIFACTS_DIR) / comparison.after.arrays).unlink()
    assert report_on(comparison).heading in page_of(client, dataset, comparison)


def test_rows_needed_go_by_the_declared_difference(client, tmp_path):
    dataset, _, _, comparison = small_world.whole_round(tmp_path)
    needed = {"rows": 3923, "more": 3883, "difference": 0.01, "power": 0.8}
    told(comparison, "not distinguishable", needed=needed)
    assert "3,883 more rows (3,923 in all) would tell a difference of 1 point in 80" in page_of(
        client, dataset, comparison
    )


def told(comparison, verdict, **more):
    """The comparison with another verdict and more in its proof."""
    comparison.proof |= {"verdict": verdict, **more}
    comparison.verdict = verdict
    comparison.save()


def test_equivalent_says_within_what(client, tmp_path):
    dataset, _, _, comparison = small_world.whole_round(tmp_path)
    difference = comparison.proof["difference"] | {"value": 0.001, "low_planned": -0.004, "high_planned": 0.006}
    told(comparison, "equivalent", difference=difference, worthwhile=0.01)
    page = page_of(client, dataset, comparison)
    assert "Relabelling 10 cases is equivalent within 1 point: −0.4 to +0.6" in page


def test_asked_after_the_fact_is_said(client, tmp_path):
    dataset, _, _, comparison = small_world.whole_round(tmp_path)
    told(comparison, "exploratory", after_the_fact=True, reason="…")
    assert "Exploratory: asked after the fact" in page_of(client, dataset, comparison)


def test_a_refusal_shows_its_sentence_and_no_figure(client, tmp_path):
    dataset, before, after, comparison = small_world.whole_round(tmp_path)
    facts = {key: comparison.proof[key] for key in ("production_labels", "left_out")}
    nothing = {"cost": None, "slices": [], "quarantine_kept": None, "as_trained": None, "with_leaked": None}
    comparison.proof = refused_json(40, "accuracy", 10, "Run 2 did not converge.") | facts | nothing
    comparison.verdict, comparison.look = "refused", None
    comparison.save()
    page = page_of(client, dataset, comparison)
    assert "No verdict: run 2 did not converge." in page and "no look used" in page and "What to do" in page
    names = ("comparisons", "overview")
    assert all(client.get(reverse(one, args=[dataset.slug])).status_code == 200 for one in names)
    assert "Run 2 did not converge." in html_of(client.get(reverse("comparisons", args=[dataset.slug])))
    for name in ("report", "report_markdown", "report_json"):
        answer = client.get(reverse(name, args=[dataset.slug, comparison.pk]))
        assert answer.status_code == 200 and "did not converge" in answer.content.decode()
    assert client.get(reverse("flips", args=[dataset.slug, comparison.pk])).status_code == 404


def test_the_list_says_looks_and_verdict(client, tmp_path):
    dataset, before, after, comparison = small_world.whole_round(tmp_path)
    client.force_login(people.leo(dataset))
    page = html_of(client.get(reverse("comparisons", args=[dataset.slug])))
    assert "look 1 of 10" in page and "1 of 10 planned looks used" in page
    assert f"run {before.pk} → run {after.pk}" in page and "10 decisions between" in page


def test_a_press_freezes_and_asks_for_a_comparison_once(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    before, after = small_world.trained(dataset), small_world.trained(dataset, C="3")
    client.force_login(people.leo(dataset))
    form = {"before": before.pk, "after": after.pk, "production": "", "sources": ["web"]}
    first = client.post(reverse("compare", args=[dataset.slug]), form)
    frozen = Snapshot.objects.get(purpose=Snapshot.PRODUCTION)
    job = Job.objects.get(kind="comparison")
    assert first.url == reverse("job", args=[dataset.slug, job.pk])
    assert frozen.sources == ["web"] and frozen.n_rows == 20 and frozen.created_by.username == "leo"
    again = client.post(reverse("compare", args=[dataset.slug]), {**form, "production": frozen.pk})
    assert again.url == first.url and Job.objects.filter(kind="comparison").count() == 1


def test_what_makes_no_sense_is_a_sentence_on_the_page(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    run, other = small_world.trained(dataset), small_world.trained(dataset, C="3")
    client.force_login(people.leo(dataset))
    url = reverse("compare", args=[dataset.slug])
    same = client.post(url, {"before": run.pk, "after": run.pk})
    assert same.status_code == 400 and "are the same; choose two" in html_of(same)
    training = client.post(url, {"before": run.pk, "after": other.pk, "production": run.snapshot_id})
    assert training.status_code == 400 and not Job.objects.filter(kind="comparison").exists()


def test_runs_asked_for_in_the_address_are_proposed(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    one, two = small_world.trained(dataset), small_world.trained(dataset, C="3")
    client.force_login(people.leo(dataset))
    url = reverse("comparisons", args=[dataset.slug])
    form = client.get(url, {"before": two.pk, "after": one.pk}).context["form"]
    assert (form["before"].value(), form["after"].value()) == (two.pk, one.pk)
    assert client.get(url, {"before": "x"}).context["form"]["before"].value() == one.pk


def test_without_production_the_page_asks_for_it(client, tmp_path):
    dataset = small_dataset(tmp_path)
    client.force_login(people.leo(dataset))
    page = html_of(client.get(reverse("comparisons", args=[dataset.slug])))
    assert "Import production items" in page and "Nothing has been compared yet" in page


def test_only_leads_come_in(client, tmp_path):
    dataset, _, _, comparison = small_world.whole_round(tmp_path)
    urls = [reverse("comparisons", args=[dataset.slug]), reverse("comparison", args=[dataset.slug, comparison.pk])]
    url = reverse("compare", args=[dataset.slug])
    assert all(client.get(one).status_code == 302 for one in urls) and client.post(url).status_code == 302
    for person in (people.erin(dataset), people.olga()):
        client.force_login(person)
        assert all(client.get(one).status_code == 404 for one in urls) and client.post(url).status_code == 404


def test_a_comparison_of_another_dataset_is_not_found(client, tmp_path):
    _, _, _, comparison = small_world.whole_round(tmp_path)
    other = small_dataset(tmp_path, "other")
    client.force_login(people.leo(other))
    assert client.get(reverse("comparison", args=[other.slug, comparison.pk])).status_code == 404


def test_the_share_labelled_by_people_who_also_relabelled(client, tmp_path):
    dataset, _, _, comparison = small_world.whole_round(tmp_path)
    comparison.proof["production_labels"] = {"annotators": ["@erin", "import"], "shared": 10, "share": 0.25}
    comparison.save()
    assert "25.0\u00a0% of it by people who also relabelled the pool" in page_of(client, dataset, comparison)
    assert Membership.objects.filter(dataset=dataset).count() == 2 and PredictionSet.objects.exists()


@pytest.mark.parametrize(
    ("verdict", "difference", "more", "heading"),
    [
        ("better", {}, {}, "Relabelling 588 cases gained 9.3 points in production (6.0 to 12.5)"),
        ("better", {"value": 0.004, "low_planned": 0.001, "high_planned": 0.007}, {"worthwhile": 0.01},
         "Relabelling 588 cases gained 0.4 points in production (0.1 to 0.7), less than the 1 point worth having"),
        ("worse", {"value": -0.021, "low_planned": -0.033, "high_planned": -0.009}, {},
         "Relabelling 588 cases lost 2.1 points in production (0.9 to 3.3)"),
        ("not distinguishable", {"value": 0.007, "low_planned": -0.003, "high_planned": 0.017}, {},
         "Relabelling 588 cases is not distinguishable yet from no change: +0.7 points (−0.3 to +1.7)"),
        ("equivalent", {"metric": "macro_f1", "value": 0, "low_planned": -0.004, "high_planned": 0.004},
         {"worthwhile": 0.005}, "Relabelling 588 cases is equivalent within 0.5 points of macro F1: −0.4 to +0.4"),
        ("exploratory", {}, {"reason": "…"},
         "Relabelling 588 cases is exploratory only: +9.3 points (+6.0 to +12.5)"),
        ("refused", {}, {"reason": "Run 2 did not converge."}, "No verdict: run 2 did not converge."),
        ("better", {"metric": "macro_f1"}, {},
         "Relabelling 588 cases gained 9.3 points of macro F1 in production (6.0 to 12.5)"),
    ],
)  # fmt: skip
def test_headings_show_the_interval_that_decides(verdict, difference, more, heading):
    proof = {"verdict": verdict, "difference": DIFFERENCE | difference, **more}
    assert comparison_heading("Relabelling 588 cases", proof) == heading


def test_small_words():
    assert [signed(value) for value in (0.0, -0.0004, 0.0004, -0.0006)] == ["0.0", "0.0", "0.0", "−0.1"]
    assert [p_words(p) for p in (0.0004, 0.878, 1.0)] == ["p < .001", "p = .878", "p = 1.000"]
    before, after = {"C": 10.0, "rows": 4, "seed": 0}, {"C": 100.0, "rows": 3, "seed": 0}
    assert differing_settings(before, after) == ["C was 10 and is 100"]
