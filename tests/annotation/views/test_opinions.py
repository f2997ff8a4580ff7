import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.jobs.work import work_here
from annotation.actions.queue.decide import decide
from annotation.models import Job, Opinion, OpinionRound, OpinionSwitch
from tests.annotation.actions.fake_model import fake_model, said
from tests.factories import answer, open_case, small_dataset
from tests.pages import text_of
from tests.people import erin, leo, olga

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset(tmp_path):
    made = small_dataset(tmp_path)
    for n in range(1, 5):
        open_case(made, f"s{n}")
    return made


@pytest.fixture
def model(settings):
    with fake_model(lambda item: said("payment" if "card" in item["text"] else "access", "It speaks of it.")) as one:
        settings.LLM_URL, settings.LLM_MODEL, settings.LLM_HOSTS = one.url, "m1", ["127.0.0.1"]
        settings.LLM_KEY, settings.LLM_SECONDS = "s3cretkey", 5
        yield one


def page(client, dataset, name="opinions", **query):
    return text_of(client.get(reverse(name, args=[dataset.slug]), query))


def send(client, dataset, name, **fields):
    return client.post(reverse(name, args=[dataset.slug]), fields, follow=True)


def test_without_a_server_the_page_says_what_is_missing(client, dataset, settings):
    settings.LLM_URL = ""
    client.force_login(leo(dataset))
    assert "No language model is set up" in page(client, dataset)
    assert "SECONDLOOK_LLM_URL" in text_of(send(client, dataset, "switch_opinions", on="1", host="x"))
    assert "SECONDLOOK_LLM_URL" in text_of(send(client, dataset, "ask_opinions", cases=1, calls=1, tokens=9))
    assert not OpinionSwitch.objects.exists()


def test_a_lead_sees_where_texts_go_switches_it_on_confirms_the_cost_and_asks(client, dataset, model):
    client.force_login(leo(dataset))
    first = page(client, dataset)
    assert "Second opinions are off" in first and "Let these texts go to 127.0.0.1" in first
    assert "s3cretkey" not in first and "Estimate" not in first
    on = text_of(send(client, dataset, "switch_opinions", on="1", host="127.0.0.1"))
    assert "Nothing is sent before you ask" in on and "Estimate the cost" in on and "Switch off" in on
    told = page(client, dataset, cases=3)
    assert "0 of 3 are answered already" in told and "3 calls" in told and "Confirm and ask 127.0.0.1" in told
    assert model.requests == []
    asked = send(client, dataset, "ask_opinions", cases=3, calls=3, tokens=5000)
    job = Job.objects.get(kind="second_opinion")
    assert asked.redirect_chain[0][0] == reverse("job", args=[dataset.slug, job.pk])
    assert "Watch it being asked" in page(client, dataset)
    work_here(job)
    shown = text_of(client.get(reverse("job", args=[dataset.slug, job.pk])))
    assert "3 of 3 cases have a second opinion" in shown and "3 calls and 150 tokens spent" in shown
    after = page(client, dataset, cases=4)
    assert "3 of 4 are answered already" in after and "until then its answers move nothing" in after
    assert "No second opinion has been judged yet" in after


def test_what_is_typed_wrong_asks_nothing(client, dataset, model):
    client.force_login(leo(dataset))
    send(client, dataset, "switch_opinions", on="1", host="127.0.0.1")
    for fields in ({}, {"cases": "x", "calls": 1, "tokens": 1}, {"cases": 1, "calls": -1, "tokens": 1}):
        assert "Give whole numbers" in text_of(send(client, dataset, "ask_opinions", **fields))
    assert client.get(reverse("opinions", args=[dataset.slug]), {"cases": "-3"}).status_code == 200
    assert "look again and decide" in text_of(send(client, dataset, "switch_opinions", on="1", host="elsewhere"))
    assert not Job.objects.filter(kind="second_opinion").exists() and model.requests == []


def test_it_is_the_leads_alone(client, dataset, model):
    for person in (erin(dataset), olga()):
        client.force_login(person)
        assert client.get(reverse("opinions", args=[dataset.slug])).status_code == 404
        for name in ("switch_opinions", "ask_opinions"):
            sent = {"on": "1", "host": "127.0.0.1", "cases": 1, "calls": 1, "tokens": 900}
            assert client.post(reverse(name, args=[dataset.slug]), sent).status_code == 404
    assert not OpinionSwitch.objects.exists()


def with_opinions(dataset, **by_item):
    OpinionSwitch.objects.create(dataset=dataset, on=True, host="127.0.0.1")
    done = OpinionRound.objects.create(
        dataset=dataset, host="127.0.0.1", model="m1", n_cases=4, n_known=0, calls=4, tokens=200,
        no_opinion={"late": 1, "foreign": 2}, stopped="The budget ended it.",
    )  # fmt: skip
    for name, label in by_item.items():
        item, label_class = dataset.items.get(external_id=name), dataset.label_classes.get(name=label)
        Opinion.objects.create(round=done, item=item, label_class=label_class, reason="It speaks of it.")


OPINION = "A second opinion by the language model m1, which saw the text only"


def test_an_expert_reads_it_after_the_answer_and_never_before(client, dataset, model):
    with_opinions(dataset, s1="payment", s2="payment", s3="payment", s4="payment")
    client.force_login(erin(dataset))
    for name in ("queue", "history", "guidelines", "rules"):
        assert "second opinion" not in page(client, dataset, name).lower()
    case = dataset.cases.open().get(case_items__item__external_id="s1")
    decision = decide(case, erin(dataset), answer(dataset, "access"), timezone.now())
    shown = text_of(client.get(reverse("why", args=[dataset.slug, decision.pk])))
    assert OPINION in shown and "It gives as its reason: “It speaks of it.”" in shown
    client.force_login(leo(dataset))
    assert OPINION in text_of(client.get(reverse("case", args=[dataset.slug, case.pk])))
    unanswered = dataset.cases.open().first()
    assert OPINION not in text_of(client.get(reverse("case", args=[dataset.slug, unanswered.pk])))
    send(client, dataset, "switch_opinions", on="0")
    assert OPINION not in text_of(client.get(reverse("case", args=[dataset.slug, case.pk])))


def test_below_chance_it_is_off_and_the_page_says_so(client, dataset, model):
    for n in (5, 6):
        open_case(dataset, f"s{n}")
    labels = {"s1": "payment", "s2": "access", "s3": "payment", "s4": "access", "s5": "payment", "s6": "access"}
    with_opinions(dataset, **labels)
    for name, label in labels.items():
        case = dataset.cases.open().get(case_items__item__external_id=name)
        decision = decide(
            case, erin(dataset), answer(dataset, "access" if label == "payment" else "payment"), timezone.now()
        )
    client.force_login(leo(dataset))
    told = page(client, dataset)
    assert "Second opinions are below chance, so they are off" in told
    assert "neither used nor shown" in told and "1 came too late" in told and "2 named no class" in told
    assert "The budget ended it." in told
    client.force_login(erin(dataset))
    assert OPINION not in text_of(client.get(reverse("why", args=[dataset.slug, decision.pk])))
