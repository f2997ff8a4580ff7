import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.actions.queue.undo import undo
from annotation.actions.snapshot import snapshot
from annotation.core.artifacts import bytes_to_arrays, load_bytes
from annotation.models import Item, Job, Snapshot
from modeling.actions.training.synonyms import accepted_pairs, proposed_pairs, rule_on
from modeling.actions.training.train import request_training
from modeling.core.learners import UnableToConfigure
from modeling.models import ModelRun, SynonymRuling
from modeling.reading.confirmed_copies import confirmed_groups
from tests import people
from tests.factories import answer, imported, open_case
from tests.modeling import small_world
from tests.pages import html_of

pytestmark = pytest.mark.django_db
NOW = timezone.now()
PAIR = ("buy", "purchase")


def shop(tmp_path):
    """Six items: a and b say the same, so do c and d."""
    texts = [
        ("a", "where can i buy a card", "card"), ("b", "where can i purchase a card", "card"),
        ("c", "my parcel is lost since Monday", "parcel"), ("d", "my parcel is gone since Monday", "parcel"),
        ("e", "I cannot see parcel 7 yet", "parcel"), ("f", "is the card free", "card"),
    ]  # fmt: skip
    return imported(tmp_path, [{"id": id, "text": text, "label": label} for id, text, label in texts], "shop")


def confirmed(tmp_path):
    """The shop, with both groups decided by Erin, each at once."""
    dataset = shop(tmp_path)
    erin = people.erin(dataset)
    for ids, label in ((("a", "b"), "card"), (("c", "d"), "parcel")):
        decide(open_case(dataset, *ids), erin, answer(dataset, label), timezone.now())
    return dataset


def ids(dataset, *names):
    return sorted(Item.objects.filter(dataset=dataset, external_id__in=names).values_list("id", flat=True))


def trained(dataset, **pairs):
    job = request_training(dataset, learner="logistic", pairs=pairs, background=False)
    return ModelRun.objects.get(pk=work_here(job).result["run"])


def test_pairs_come_from_groups_that_experts_confirmed(tmp_path):
    dataset = shop(tmp_path)
    assert proposed_pairs(dataset) == []
    case = open_case(dataset, "a", "b")
    erin = people.erin(dataset)
    decision = decide(case, erin, answer(dataset, "card"), timezone.now())
    assert confirmed_groups(dataset) == [ids(dataset, "a", "b")]
    [found] = proposed_pairs(dataset)
    assert (found.pair, found.seen) == (PAIR, 1)
    undo(decision, erin, answer(dataset, "card").token, timezone.now())
    assert confirmed_groups(dataset) == [] and proposed_pairs(dataset) == []


def test_legitimately_different_and_one_by_one_in_no_group_confirm_nothing(tmp_path):
    dataset = shop(tmp_path)
    erin = people.erin(dataset)
    decide(open_case(dataset, "a", "b"), erin, answer(dataset, "different"), timezone.now())
    for name in ("c", "d"):
        decide(open_case(dataset, name), erin, answer(dataset, "parcel"), timezone.now())
    assert confirmed_groups(dataset) == []


def test_a_ruling_is_appended_and_the_latest_counts(tmp_path):
    dataset = confirmed(tmp_path)
    leo = people.leo(dataset)
    assert [one.pair for one in proposed_pairs(dataset)] == [PAIR, ("gone", "lost")]
    assert rule_on(dataset, [PAIR, PAIR], SynonymRuling.ACCEPTED, leo, NOW) == [PAIR]
    assert rule_on(dataset, [PAIR], SynonymRuling.ACCEPTED, leo, NOW) == []
    assert accepted_pairs(dataset) == [PAIR] and [one.pair for one in proposed_pairs(dataset)] == [("gone", "lost")]
    rule_on(dataset, [PAIR], SynonymRuling.REJECTED, leo, NOW)
    assert accepted_pairs(dataset) == [] and SynonymRuling.objects.count() == 2
    assert [one.pair for one in proposed_pairs(dataset)] == [("gone", "lost")]


def test_another_word_than_accepted_or_rejected_is_no_ruling(tmp_path):
    dataset = shop(tmp_path)
    with pytest.raises(IntegrityError), transaction.atomic():
        SynonymRuling.objects.create(dataset=dataset, first="a", second="b", ruling="maybe")


def test_a_recipe_learns_from_copies_and_like_uses_them_again(tmp_path):
    dataset = small_world.pool(tmp_path)
    rule_on(dataset, [("again", "anew")], SynonymRuling.ACCEPTED, people.leo(dataset), NOW)
    run = trained(dataset, C="1", augment="synonyms,typos", copies="2")
    assert run.recipe.settings["augment"] == ["synonyms", "typos"] and run.metrics["copies"] > 60
    assert run.resolved["synonyms"] == ["again = anew"] and run.resolved["rows"] == 60
    rule_on(dataset, [("please", "kindly")], SynonymRuling.ACCEPTED, None, NOW)
    again = small_world.trained_like(run)
    assert again.resolved == run.resolved and again.parameter_hash == run.parameter_hash
    assert trained(dataset, C="1", augment="synonyms,typos", copies="2").parameter_hash != run.parameter_hash


def test_copies_are_in_no_snapshot_no_prediction_set_and_no_figure(tmp_path, settings):
    dataset = small_world.with_production(tmp_path)
    items = Item.objects.count()
    run = trained(dataset, C="1", augment="typos")
    arrays = bytes_to_arrays(load_bytes(settings.ARTIFACTS_DIR, run.predictions.arrays))
    assert arrays["item"].tolist() == list(run.snapshot.rows.order_by("item_id").values_list("item_id", flat=True))
    assert run.metrics["train"]["n"] == run.metrics["validation"]["n"] == run.predictions.n == 60
    assert run.snapshot.rows.count() == 60 and Item.objects.count() == items
    assert snapshot(dataset, Snapshot.PRODUCTION).n_rows == 40


def test_synonyms_without_a_list_and_a_wrong_kind_are_refused_before_any_job(tmp_path):
    dataset = shop(tmp_path)
    for pairs, sentence in (({"augment": "synonyms"}, "none is accepted yet"), ({"augment": "x"}, "augment=x is not")):
        with pytest.raises(UnableToConfigure, match=sentence):
            request_training(dataset, learner="logistic", pairs=pairs, background=False)
    assert not Job.objects.filter(kind="training").exists()


def page(client, dataset, **query):
    return client.get(reverse("augmentation", args=[dataset.slug]), query)


def rule(client, dataset, **data):
    return client.post(reverse("rule_synonyms", args=[dataset.slug]), data, follow=True)


def test_the_page_lists_pairs_and_shows_copies_with_their_differences(client, tmp_path):
    dataset = confirmed(tmp_path)
    client.force_login(people.leo(dataset))
    shown = html_of(page(client, dataset, kind=["typos", "order"], seed="1"))
    assert "Pairs of words that wait for your ruling: 2" in shown and "buy = purchase" in shown
    assert "<ins>" in shown and "<del>" in shown and "None of these items has two sentences." in shown
    assert "6 of 6 labelled items would have a copy" in shown


def test_the_preview_alone_comes_by_htmx(client, tmp_path):
    dataset = confirmed(tmp_path)
    client.force_login(people.leo(dataset))
    part = client.get(reverse("augmentation", args=[dataset.slug]), {"kind": "case"}, headers={"HX-Request": "true"})
    assert part.templates[0].name == "modeling/_copies.html" and "buy = purchase" not in html_of(part)
    assert "mirror is not one of the available choices" in html_of(page(client, dataset, kind="mirror"))


def test_accepting_rejecting_and_typing(client, tmp_path):
    dataset = confirmed(tmp_path)
    client.force_login(people.leo(dataset))
    shown = html_of(rule(client, dataset, pair="buy = purchase", ruling="accepted"))
    assert "1 pair of words accepted." in shown
    rule(client, dataset, pair="gone = lost", ruling="rejected")
    typed = "free = gratis\n\n parcel = package \n"
    assert "2 pairs of words accepted." in html_of(rule(client, dataset, typed=typed, ruling="accepted"))
    assert accepted_pairs(dataset) == [PAIR, ("free", "gratis"), ("package", "parcel")]
    assert SynonymRuling.objects.get(first="gone").lead.username == "leo"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"typed": "can = can't", "ruling": "accepted"}, "is a negation or a number; those are never"),
        ({"typed": "buy", "ruling": "accepted"}, "is not two single words"),
        ({"ruling": "accepted"}, "Tick or write at least one pair of words first."),
        ({"typed": "a = b", "ruling": "maybe"}, "Tick or write at least one pair of words first."),
    ],
)
def test_what_is_no_pair_is_a_sentence_and_changes_nothing(client, tmp_path, data, sentence):
    dataset = shop(tmp_path)
    client.force_login(people.leo(dataset))
    shown = html_of(rule(client, dataset, **data)).replace("&#x27;", "'")
    assert sentence in shown and not SynonymRuling.objects.exists()


def test_experts_and_outsiders_see_nothing(client, tmp_path):
    dataset = shop(tmp_path)
    for person in (people.erin(dataset), people.olga()):
        client.force_login(person)
        assert page(client, dataset).status_code == 404
        assert rule(client, dataset, typed="a = b", ruling="accepted").status_code == 404


def test_the_form_on_runs_asks_for_copies(client, tmp_path):
    dataset = shop(tmp_path)
    client.force_login(people.leo(dataset))
    post = lambda **data: client.post(reverse("train", args=[dataset.slug]), {"how": "number", "C": "2", **data})  # noqa: E731
    post(augment=["typos", "case"], copies="2")
    job = Job.objects.get(kind="training")
    assert job.params["settings"] | {"augment": ["typos", "case"], "copies": 2} == job.params["settings"]
    shown = post(augment=["synonyms"], copies="1")
    assert shown.status_code == 400 and "none is accepted yet" in html_of(shown)
    run = small_world.trained(dataset)
    both = post(how="like", like=run.pk, augment=["typos"])
    assert both.status_code == 400 and "bring its own copies" in html_of(both)
    assert "copies must be a whole number from 1 to 10" in html_of(post(augment=["typos"], copies="0"))


def test_a_run_says_what_copies_it_learned_from(client, tmp_path):
    dataset = small_world.pool(tmp_path)
    run = trained(dataset, C="1", augment="case")
    client.force_login(people.leo(dataset))
    shown = html_of(client.get(reverse("run", args=[dataset.slug, run.pk])))
    assert "logistic regression, L2, C = 1, 1 changed copy of each row (case)" in shown
    assert "It learned from 60 changed copies besides" in shown


def asked(*args):
    out = StringIO()
    call_command("augmentation", *args, "--json", stdout=out)
    assert out.getvalue().count("\n") == 1
    return json.loads(out.getvalue())


def test_by_command(tmp_path):
    dataset = confirmed(tmp_path)
    first = asked("shop")
    assert first["proposed"] == [{"pair": "buy = purchase", "groups": 1}, {"pair": "gone = lost", "groups": 1}]
    second = asked("shop", "--accept", "buy=purchase", "free=gratis", "--reject", "lost=gone", "--preview", "synonyms")
    assert second["accepted"] == ["buy = purchase", "free = gratis"] and second["rejected"] == ["gone = lost"]
    [shown] = second["preview"]
    assert (shown["kind"], shown["changed"], shown["tried"]) == ("synonyms", 3, 6)
    assert asked("shop", "--preview", "synonyms")["preview"] == [shown]
    assert SynonymRuling.objects.filter(lead=None, dataset=dataset).count() == 3
    with pytest.raises(CommandError, match="is not two single words"):
        call_command("augmentation", "shop", "--accept", "buy")
    with pytest.raises(CommandError, match="--preview x is not possible; it must be one or more of"):
        call_command("augmentation", "shop", "--preview", "x")
