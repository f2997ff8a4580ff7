import pytest
from django.urls import reverse

from annotation.models import Job, Membership
from modeling.actions.training.train import request_training
from modeling.core.learners import LEARNERS
from modeling.core.learners.logistic import NUMBER_WORDS, RULE_WORDS, TEXT_WORDS
from modeling.figures.words.recipes import left_out_words, recipe_words
from modeling.forms.training import TrainForm
from modeling.models import ModelRun
from tests import people
from tests.factories import small_dataset
from tests.modeling import small_world
from tests.pages import html_of

pytestmark = pytest.mark.django_db


def post(client, dataset, **data):
    return client.post(reverse("train", args=[dataset.slug]), data)


def test_it_works(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    run = small_world.trained(dataset)
    client.force_login(people.leo(dataset))
    page = html_of(client.get(reverse("runs", args=[dataset.slug])))
    score = run.metrics["validation"]
    assert f"Run {run.pk} is right about {100 * score['accuracy']:.1f}\u00a0% of the labels it has not seen" in page
    assert "logistic regression, L2, C = 1" in page
    assert f"{100 * score['accuracy_low']:.1f}–{100 * score['accuracy_high']:.1f}" in page and "n = 60" in page


def test_without_runs_the_page_asks_for_the_before(client, tmp_path):
    dataset = small_dataset(tmp_path)
    client.force_login(people.leo(dataset))
    response = client.get(reverse("runs", args=[dataset.slug]))
    page = html_of(response)
    assert "Nothing has been trained yet" in page and '<button class="primary">Train</button>' in page
    assert "Retrain" not in page
    assert response.context["form"]["how"].value() == TrainForm.CV


def test_a_press_is_a_job_and_two_leads_get_the_same(client, tmp_path):
    dataset = small_dataset(tmp_path)
    client.force_login(people.leo(dataset))
    first = post(client, dataset, how="number", C="3", l1_ratio="0.5")
    job = Job.objects.get(kind="training")
    assert first.url == reverse("job", args=[dataset.slug, job.pk])
    assert job.params["settings"] == {"C": 3.0, "l1_ratio": 0.5, "rule": "min", "text": "words", "numbers": "ranges"}
    assert job.created_by.username == "leo"
    lena = people.user("lena")
    Membership.objects.create(dataset=dataset, user=lena, role=Membership.LEAD)
    client.force_login(lena)
    assert post(client, dataset, how="number", C="3.0", l1_ratio="0.5").url == first.url
    assert Job.objects.filter(kind="training").count() == 1


def test_what_takes_only_some_values_is_a_select_with_each_in_words(client, tmp_path):
    dataset = small_dataset(tmp_path)
    client.force_login(people.leo(dataset))
    page = html_of(client.get(reverse("runs", args=[dataset.slug])))
    for key, words in (("rule", RULE_WORDS), ("text", TEXT_WORDS), ("numbers", NUMBER_WORDS)):
        assert f'<select name="{key}"' in page
        assert all(f">{said}</option>" in page for said in words.values())
    post(client, dataset, how="cv", rule="1se", text="words+characters", numbers="scaled")
    settings = Job.objects.get(kind="training").params["settings"]
    assert settings["rule"] == "1se" and settings["text"] == "words+characters" and settings["numbers"] == "scaled"


def test_cross_validation_ignores_the_number(client, tmp_path):
    dataset = small_dataset(tmp_path)
    client.force_login(people.leo(dataset))
    post(client, dataset, how="cv", C="three", l1_ratio="")
    assert Job.objects.get(kind="training").params["settings"]["C"] == "cv"


def test_like_an_earlier_run_takes_its_resolved_settings(client, tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset, C="0.3")
    small_world.relabelled(dataset)
    client.force_login(people.leo(dataset))
    assert client.get(reverse("runs", args=[dataset.slug])).context["form"]["like"].value() == run.pk
    post(client, dataset, how="like", like=run.pk)
    params = Job.objects.filter(kind="training").order_by("-id").first().params
    assert params["like"] == run.pk and params["settings"]["C"] == 0.3


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"how": "number", "C": "-1"}, "C=-1 is not possible; C must be a number above 0, or cv."),
        ({"how": "cv", "l1_ratio": "2"}, "l1_ratio must be a number from 0 (L2) to 1 (L1), or cv."),
        ({"how": "like", "like": "99"}, "Select a valid choice. like is not one of the available choices."),
        ({"how": "cv", "rule": "max"}, "Select a valid choice. max is not one of the available choices."),
        ({}, "This field is required."),
    ],
)
def test_what_makes_no_sense_is_a_sentence_on_the_page(client, tmp_path, data, sentence):
    dataset = small_dataset(tmp_path)
    client.force_login(people.leo(dataset))
    response = post(client, dataset, **data)
    assert response.status_code == 400 and sentence in html_of(response)
    assert not Job.objects.filter(kind="training").exists()


def test_without_a_run_chosen_there_are_no_settings_to_follow(client, tmp_path):
    dataset = small_world.pool(tmp_path)
    small_world.trained(dataset)
    client.force_login(people.leo(dataset))
    assert "Choose the run whose settings are to be used." in html_of(post(client, dataset, how="like"))


def test_another_datasets_run_is_no_model_to_follow(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    other = small_dataset(tmp_path, "other")
    client.force_login(people.leo(other))
    assert post(client, other, how="like", like=run.pk).status_code == 400


def test_the_page_of_a_run_says_how_to_run_it_again(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    first = small_world.trained(dataset)
    small_world.relabelled(dataset, outcomes=2)
    run = small_world.trained_like(first)
    client.force_login(people.leo(dataset))
    page = html_of(client.get(reverse("run", args=[dataset.slug, run.pk])))
    for shown in (run.parameter_hash, run.snapshot.sha256, run.environment["scikit-learn"], run.solver_status):
        assert shown in page
    assert "were called ambiguous" in page
    assert f'resolved settings of <a href="{reverse("run", args=[dataset.slug, first.pk])}' in page
    assert f"{reverse('comparisons', args=[dataset.slug])}?after={run.pk}" in page


def test_a_run_that_did_not_converge_says_so_first(client, tmp_path):
    dataset = small_world.pool(tmp_path)
    run = small_world.trained(dataset)
    ModelRun.objects.filter(pk=run.pk).update(converged=False, solver_status="Not converged: stopped after 3 steps.")
    client.force_login(people.leo(dataset))
    page = html_of(client.get(reverse("run", args=[dataset.slug, run.pk])))
    assert f"Run {run.pk} did not converge" in page and "A comparison with this run is refused." in page
    assert "not converged" in html_of(client.get(reverse("runs", args=[dataset.slug])))


def test_a_production_figure_is_never_on_these_pages(client, tmp_path):
    dataset, _, after, comparison = small_world.whole_round(tmp_path)
    comparison.proof["after"]["accuracy"] = 0.1234
    comparison.save()
    client.force_login(people.leo(dataset))
    assert "12.3\u00a0%" in html_of(client.get(reverse("comparisons", args=[dataset.slug])))
    for url in (reverse("runs", args=[dataset.slug]), reverse("run", args=[dataset.slug, after.pk])):
        assert "12.3\u00a0%" not in html_of(client.get(url))


def test_a_run_of_another_dataset_is_not_found(client, tmp_path):
    run = small_world.trained(small_world.pool(tmp_path))
    other = small_dataset(tmp_path, "other")
    client.force_login(people.leo(other))
    assert client.get(reverse("run", args=[other.slug, run.pk])).status_code == 404


def test_only_leads_come_in(client, tmp_path):
    dataset = small_dataset(tmp_path)
    urls = [reverse("runs", args=[dataset.slug]), reverse("run", args=[dataset.slug, 1])]
    assert all(client.get(url).status_code == 302 for url in urls)
    assert post(client, dataset, how="cv").status_code == 302
    for person in (people.erin(dataset), people.olga(), people.otto()):
        client.force_login(person)
        assert all(client.get(url).status_code == 404 for url in urls)
        assert post(client, dataset, how="cv").status_code == 404
    assert not Job.objects.filter(kind="training").exists()


def test_training_is_asked_for_by_post_only(client, tmp_path):
    dataset = small_dataset(tmp_path)
    client.force_login(people.leo(dataset))
    assert client.get(reverse("train", args=[dataset.slug])).status_code == 405


NETWORK = {"how": "mlp", "mlp-layers": "8", "mlp-learning_rate": "0.01", "mlp-components": "10"}


def test_a_network_is_asked_for_with_fields_of_its_own(client, tmp_path):
    dataset = small_dataset(tmp_path)
    client.force_login(people.leo(dataset))
    page = html_of(client.get(reverse("runs", args=[dataset.slug])))
    for key in LEARNERS["mlp"].SETTINGS:
        assert f'name="mlp-{key}"' in page
    post(client, dataset, **NETWORK, C="5")
    params = Job.objects.get(kind="training").params
    assert params["learner"] == "mlp" and "C" not in params["settings"]
    assert params["settings"]["layers"] == [8] and params["settings"]["dropout"] == 0.3
    response = post(client, dataset, **{**NETWORK, "mlp-dropout": "1"})
    assert "dropout=1 is not possible; dropout must be a number from 0 to less than 1." in html_of(response)


def test_the_page_of_a_network_shows_where_it_stopped(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    pairs = {"layers": "8", "learning_rate": "0.01", "components": "10"}
    first = small_world._run(request_training(dataset, learner="mlp", pairs=pairs, background=False))
    small_world.relabelled(dataset)
    run = small_world.trained_like(first)
    curve = run.metrics["curve"]
    client.force_login(people.leo(dataset))
    page = html_of(client.get(reverse("run", args=[dataset.slug, run.pk])))
    assert f"Training stopped after epoch {curve['stopped']}; the network of epoch {curve['best']} was kept" in page
    assert page.count('<polyline class="before"') == 1 and "Rows kept apart" in page
    assert 'id="loss"' in page and "dropout network, 8 units, dropout 0.3" in page
    listed = html_of(client.get(reverse("runs", args=[dataset.slug])))
    assert f"epoch {curve['best']}" in listed and f"like run {first.pk}" in listed
    compared = small_world.compared(dataset, first, run)
    assert compared.proof["n"] == 40 and compared.proof["as_trained"] is None


def test_recipes_in_words():
    both = recipe_words("logistic", {"C": "cv", "l1_ratio": "cv"})
    assert both == "logistic regression, L1 ratio by grouped cross-validation, C by grouped cross-validation"
    chosen, given = {"C": "cv", "l1_ratio": 1.0}, {"C": 0.3, "l1_ratio": 0.5}
    assert recipe_words("logistic", chosen) == "logistic regression, L1, C by grouped cross-validation"
    assert recipe_words("logistic", given) == "logistic regression, elastic net with L1 ratio 0.5, C = 0.3"


def test_features_are_named_where_they_are_not_the_usual():
    assert recipe_words("logistic", {"C": 1.0, "max_features": 300}).endswith("C = 1, at most 300 words and pairs")
    assert recipe_words("logistic", {"C": 1.0, "ngrams": [1, 1]}).endswith("C = 1, single words")
    assert recipe_words("logistic", {"C": 1.0, "max_features": 50_000, "ngrams": [1, 2]}).endswith("L2, C = 1")


def test_only_reasons_that_left_something_out_are_shown():
    assert left_out_words({"ambiguous": 4, "contested": 0, "near_duplicate_of_production": 2}) == [
        (4, "were called ambiguous"), (2, "are near-copies of production"),
    ]  # fmt: skip
