import re

import pytest
from django.urls import reverse

from annotation.actions.jobs.work import work_here
from annotation.actions.snapshot import snapshot
from annotation.models import Dataset, Job, Snapshot
from modeling.figures.words.attribution import attribution_heading, interaction_words, over_words
from modeling.models import Attribution
from tests import people
from tests.modeling import small_world
from tests.pages import html_of

pytestmark = pytest.mark.django_db


def one(value, low, high):
    return {"value": value, "low": low, "high": high, "n": 500}


def found(labels, settings, regularization=True, **other):
    return {"labels": one(*labels), "settings": one(*settings), "regularization": regularization, **other}


@pytest.mark.parametrize(
    ("labels", "tuned", "said"),
    [
        ((0.051, 0.03, 0.072), (0.02, 0.008, 0.033),
         "Labels gained 5.1 points (3.0 to 7.2), regularization 2.0 (0.8 to 3.3)"),
        ((0.051, 0.03, 0.072), (-0.02, -0.033, -0.008),
         "Labels gained 5.1 points (3.0 to 7.2); regularization lost 2.0 (0.8 to 3.3)"),
        ((0.051, 0.03, 0.072), (0.002, -0.008, 0.013),
         "Labels gained 5.1 points (3.0 to 7.2); what regularization gained does not show yet (+0.2, −0.8 to +1.3)"),
        ((0.002, -0.008, 0.013), (0.051, 0.03, 0.072),
         "Regularization gained 5.1 points (3.0 to 7.2); what labels gained does not show yet (+0.2, −0.8 to +1.3)"),
        ((0.002, -0.008, 0.013), (0.0, -0.01, 0.01),
         "Neither labels (+0.2, −0.8 to +1.3) nor regularization (0.0, −1.0 to +1.0) gained points that show yet"),
    ],
)  # fmt: skip
def test_the_heading_says_what_each_gained(labels, tuned, said):
    assert attribution_heading(found(labels, tuned)) == said


def test_other_settings_are_not_called_regularization():
    said = attribution_heading(found((0.051, 0.03, 0.072), (0.02, 0.008, 0.033), regularization=False))
    assert said.endswith(", settings 2.0 (0.8 to 3.3)")


def test_which_alone_gained_more_and_what_both_share():
    base = ((0.05, 0.03, 0.07), (0.02, 0.01, 0.03))
    assert over_words(found(*base, over=one(-0.03, -0.05, -0.01))) == (
        "New regularization alone gained 3.0 points (1.0 to 5.0) more than new labels alone."
    )
    assert "does not show yet" in over_words(found(*base, over=one(0.03, -0.01, 0.05)))
    assert "together they gain 3.0 points (1.0 to 5.0) less" in interaction_words(
        found(*base, interaction=one(-0.03, -0.05, -0.01))
    )


def test_it_works(client, tmp_path):
    dataset = small_world.with_production(tmp_path)
    client.force_login(people.leo(dataset))
    listed = reverse("attributions", args=[dataset.slug])
    assert "It takes a run from before" in html_of(client.get(listed))
    before = small_world.trained(dataset, C="1000")
    small_world.relabelled(dataset)
    after = small_world.trained(dataset, C="0.1")
    assert "No production set is frozen yet" in html_of(client.get(listed))
    production = snapshot(dataset, Snapshot.PRODUCTION)
    form = client.get(listed).context["form"]
    assert (form["before"].value(), form["after"].value()) == (before.pk, after.pk)
    chosen = {"before": before.pk, "after": after.pk, "production": production.pk, "seeds": 5}
    start = reverse("attribute", args=[dataset.slug])
    refused = client.post(start, chosen | {"after": before.pk})
    assert refused.status_code == 400 and "have the same settings" in html_of(refused)
    job = Job.objects.get(pk=re.search(r"/(\d+)/$", client.post(start, chosen).url)[1])
    work_here(job)
    made = Attribution.objects.get()
    own = reverse("attribution", args=[dataset.slug, made.pk])
    assert own in html_of(client.get(reverse("job", args=[dataset.slug, job.pk])))
    page = html_of(client.get(own))
    assert attribution_heading(made.found) in page and "n = 40 production rows, look 1 of 10 planned" in page
    assert "C was 1000 and is 0.1" in page
    assert "Old labels, new regularization" in page and "decided by" not in page
    assert f'href="{own}"' in html_of(client.get(listed))
    Dataset.objects.filter(pk=dataset.pk).update(metric="macro_f1")
    made.found["metric"], made.found["exploratory"] = "macro_f1", "It was read often."
    made.save()
    page = html_of(client.get(own))
    assert "decided by macro F1" in page and "Exploratory: It was read often." in page
