from datetime import timedelta
from uuid import uuid4

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from annotation.actions.queue.carry_out import ask_of_each
from annotation.actions.queue.decide import decide
from annotation.actions.queue.undo import undo
from annotation.actions.talking.comment import UnableToComment, add_comment, mentioned, resolve_comment
from annotation.models import Case, Comment, Item, Membership, Notice
from annotation.reading.experts.routing_rules import rules_of
from annotation.reading.talking.comments import thread_of, thread_of_case
from tests.factories import answer, open_case, small_dataset
from tests.pages import text_of
from tests.people import emil, erin, eve, leo, olga
from tests.threads import in_threads

now = timezone.now
HTMX = {"HX-Request": "true"}


@pytest.fixture
def dataset(tmp_path, db):
    return small_dataset(tmp_path)


@pytest.fixture
def item(dataset):
    return item_of(dataset)


def item_of(dataset, name="s1"):
    return Item.objects.get(dataset=dataset, external_id=name)


def words_for(person, item, **options):
    return [one.comment.text for one in thread_of(item.dataset, [item], person, **options).said]


def url_of(item):
    return reverse("item_comments", args=[item.dataset.slug, item.pk])


def test_it_works(client, dataset, item):
    client.force_login(erin(dataset))
    assert client.post(url_of(item), {"text": " Is a card an account? "}).url == url_of(item)
    page = text_of(client.get(url_of(item)))
    assert "Is a card an account?" in page and "1 open comment" in page and "access" not in page
    client.post(reverse("resolve_comment", args=[dataset.slug, Comment.objects.get().pk]))
    assert "closed by erin" in text_of(client.get(url_of(item)))


def test_the_part_of_a_page_comes_back_to_htmx(client, dataset, item):
    client.force_login(erin(dataset))
    answered = client.post(url_of(item), {"text": "hm", "next": "/d/support/queue/"}, headers=HTMX)
    assert "<html" not in text_of(answered) and "hm" in text_of(answered) and "/d/support/queue/" in text_of(answered)
    refused = client.post(url_of(item), {"text": "  "}, headers=HTMX)
    assert "Write something first" in text_of(refused)


@pytest.mark.parametrize(
    "path", ["https://elsewhere.example.org/", "//elsewhere.example.org", "javascript:alert(1)", ""]
)
def test_nobody_is_sent_elsewhere(client, dataset, item, path):
    client.force_login(erin(dataset))
    assert client.post(url_of(item), {"text": "hm", "next": path}).url == url_of(item)


def test_back_to_the_page_it_was_written_on(client, dataset, item):
    client.force_login(erin(dataset))
    sent = {"text": "hm", "next": "/d/support/queue/?finding=1"}
    assert client.post(url_of(item), sent).url == "/d/support/queue/?finding=1#comments"


@pytest.mark.parametrize("text", ["", " \n", "x" * 4001])
def test_what_is_no_comment_is_refused_and_kept_on_the_page(client, dataset, item, text):
    client.force_login(erin(dataset))
    page = client.post(url_of(item), {"text": text})
    assert page.status_code == 200 and page.context["fault"] and not Comment.objects.exists()
    assert client.post(url_of(item)).status_code == 200


def test_only_members_read_and_write(client, dataset, item):
    client.force_login(olga())
    assert client.get(url_of(item)).status_code == client.post(url_of(item), {"text": "hm"}).status_code == 404
    assert client.get(reverse("comments", args=[dataset.slug])).status_code == 404
    assert not Comment.objects.exists()


def test_experts_do_not_reach_production(client, dataset, item):
    Item.objects.filter(pk=item.pk).update(split=Item.PRODUCTION)
    client.force_login(erin(dataset))
    assert client.get(url_of(item)).status_code == 404
    client.force_login(leo(dataset))
    assert client.get(url_of(item)).status_code == 200


def test_sent_twice_is_one_comment(dataset, item):
    first = add_comment(item, erin(dataset), "hm", now())
    assert add_comment(item, erin(dataset), "hm", now()) == first
    assert add_comment(item, emil(dataset), "hm", now()) != first
    assert add_comment(item, erin(dataset), "hm", now() + timedelta(hours=1)) != first


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_once_is_one_comment(tmp_path):
    dataset = small_dataset(tmp_path)
    item, person = item_of(dataset), erin(dataset)
    made = in_threads(lambda _: add_comment(item, person, "hm", now()).pk, range(2))
    assert made[0] == made[1]


# -- who reads what


def test_before_an_answer_an_expert_reads_their_own_only(dataset, item):
    case = open_case(dataset, "s1")
    add_comment(item, erin(dataset), "mine", now())
    add_comment(item, emil(dataset), "theirs", now())
    add_comment(item, leo(dataset), "the lead's", now())
    assert words_for(erin(dataset), item) == ["mine"]
    assert words_for(leo(dataset), item) == ["mine", "theirs", "the lead's"]
    decision = decide(case, erin(dataset), answer(dataset, "access"), now())
    assert words_for(erin(dataset), item) == ["mine", "theirs", "the lead's"]
    assert words_for(emil(dataset), item) == ["theirs"]
    undo(decision, erin(dataset), uuid4(), now())
    assert words_for(erin(dataset), item) == ["mine"]


def test_the_page_of_an_open_case_shows_a_lead_no_more_than_an_expert(dataset, item):
    case = open_case(dataset, "s1")
    add_comment(item, emil(dataset), "theirs", now())
    assert thread_of_case(case, leo(dataset), blind=True).said == []
    assert len(thread_of_case(case, leo(dataset)).said) == 1


def test_an_adjudicator_reads_all_once_experts_differ(dataset, item):
    case = open_case(dataset, "s1")
    judge = eve(dataset)
    Membership.objects.filter(user=judge).update(adjudicates=True)
    add_comment(item, erin(dataset), "hm", now())
    assert words_for(judge, item) == [], "may still be asked as an expert"
    Case.objects.filter(pk=case.pk).update(awaits=Case.ADJUDICATOR)
    assert words_for(judge, item) == ["hm"] and words_for(emil(dataset), item) == []


def test_who_is_asked_about_each_member_alone_reads_nothing_of_others(dataset):
    case = open_case(dataset, "s1", "s2")
    decision = decide(case, erin(dataset), answer(dataset, "different"), now())
    if not case.parts.exists():
        ask_of_each(decision, list(decision.items.all()), rules_of(dataset), now())
    add_comment(item_of(dataset), emil(dataset), "theirs", now())
    assert words_for(erin(dataset), item_of(dataset)) == []


def test_an_answer_to_a_test_opens_nothing(dataset, item):
    gold = gold_case(dataset, item, erin(dataset))
    add_comment(item, emil(dataset), "theirs", now())
    decide(gold, erin(dataset), answer(dataset, "access"), now())
    assert words_for(erin(dataset), item) == []


def gold_case(dataset, item, person):
    case = open_case(dataset, item.external_id)
    Case.objects.filter(pk=case.pk).update(kind=Case.GOLD, reserved_for=person)
    case.refresh_from_db()
    return case


def test_what_was_said_before_does_not_tell_that_a_case_came_back(dataset, item):
    case = open_case(dataset, "s1")
    add_comment(item, erin(dataset), "old", now())
    decide(case, erin(dataset), answer(dataset, "access"), now())
    again = open_case(dataset, "s1")
    Case.objects.filter(pk=again.pk).update(kind=Case.REPEAT, reserved_for=erin(dataset))
    assert words_for(erin(dataset), item) == []
    add_comment(item, erin(dataset), "new", now())
    assert words_for(erin(dataset), item) == ["new"]


def test_comments_survive_rounds(dataset, item):
    case = open_case(dataset, "s1")
    add_comment(item, erin(dataset), "hm", now())
    decide(case, erin(dataset), answer(dataset, "access"), now())
    again = open_case(dataset, "s1")
    assert [one.comment.text for one in thread_of_case(again, leo(dataset)).said] == ["hm"]


# -- mentions


def test_a_mention_is_told_without_the_words(dataset, item):
    add_comment(item, erin(dataset), "@emil: payment, says @leo. Not @erin nor @olga, nor x@eve", now())
    emil(dataset), leo(dataset), olga(), eve(dataset)
    assert not Notice.objects.exists(), "they became members later"
    add_comment(item, erin(dataset), "@emil: so payment, says @leo. Not @erin nor @olga, nor x@eve", now())
    told = {one.user.username: one for one in Notice.objects.all()}
    assert set(told) == {"emil", "leo"}
    assert told["emil"].text == "erin mentions you in a comment." and told["emil"].path == url_of(item)


def test_a_name_may_end_as_a_sentence_does(dataset):
    person = eve(dataset)
    person.username = "eve.k."
    person.save()
    assert mentioned(dataset, "ask @eve.k. please") == {person.pk}
    assert mentioned(dataset, "ask @erin.") == set()


def test_no_notice_without_the_comment(dataset, item, monkeypatch):
    emil(dataset)
    monkeypatch.setattr("annotation.actions.talking.comment.notify", _fails)
    with pytest.raises(RuntimeError):
        add_comment(item, erin(dataset), "@emil hm", now())
    assert not Comment.objects.exists() and not Notice.objects.exists()


def _fails(*args):
    raise RuntimeError


# -- closing


def test_who_wrote_it_and_leads_close_a_comment_once(dataset, item):
    comment = add_comment(item, erin(dataset), "hm", now())
    with pytest.raises(UnableToComment, match="Only who wrote"):
        resolve_comment(comment, emil(dataset), now())
    closed = resolve_comment(comment, leo(dataset), now())
    assert resolve_comment(comment, erin(dataset), now()) == closed
    with pytest.raises(UnableToComment, match="none itself"):
        resolve_comment(closed, leo(dataset), now())
    assert not dataset.comments.unresolved().exists()


def test_somebody_elses_comment_is_not_closed_by_its_number(client, dataset, item):
    comment = add_comment(item, emil(dataset), "hm", now())
    client.force_login(erin(dataset))
    page = client.post(reverse("resolve_comment", args=[dataset.slug, comment.pk]), follow=True)
    assert "Only who wrote" in text_of(page) and dataset.comments.unresolved().exists()
    client.force_login(olga())
    assert client.post(reverse("resolve_comment", args=[dataset.slug, comment.pk])).status_code == 404


# -- the lead's pages


def test_the_lead_finds_what_is_open(client, dataset, item):
    case = open_case(dataset, "s1")
    comments = [add_comment(item_of(dataset, f"s{n % 6 + 1}"), erin(dataset), f"word {n}", now()) for n in range(28)]
    resolve_comment(comments[0], leo(dataset), now())
    client.force_login(leo(dataset))
    page = client.get(reverse("comments", args=[dataset.slug]))
    assert len(page.context["listed"].comments) == 25 and "9+ comments are open" in text_of(page)
    older = client.get(reverse("comments", args=[dataset.slug]), {"before": page.context["listed"].comments[-1].pk})
    assert [one.text for one in older.context["listed"].comments] == ["word 2", "word 1"]
    everything = client.get(reverse("comments", args=[dataset.slug]), {"closed": "", "before": comments[1].pk})
    assert "closed by leo" in text_of(everything) and f"case {case.pk:,}" in text_of(everything)


def test_the_page_of_a_case_has_its_comments(client, dataset, item):
    case = open_case(dataset, "s1", "s2")
    client.force_login(leo(dataset))
    url = reverse("case", args=[dataset.slug, case.pk])
    assert 'name="about"' in text_of(client.get(url))
    sent = {"text": "of the second", "about": item_of(dataset, "s2").pk, "next": url}
    sent["beside"] = [item.pk, item_of(dataset, "s2").pk]
    assert client.post(url_of(item), sent).url == f"{url}#comments"
    page = text_of(client.get(url))
    assert "of the second" in page and "on item s2" in page
    part = client.post(url_of(item), {**sent, "text": "and more"}, headers=HTMX)
    assert "of the second" in text_of(part) and "on item s2" in text_of(part)
    assert client.post(url_of(item), {**sent, "about": "999999"}).status_code == 404
    alone = client.post(url_of(item), {**sent, "text": "x", "beside": ["99"], "about": ""}, headers=HTMX)
    assert "of the second" not in text_of(alone), "the item is not among them"


def test_the_part_for_other_pages(dataset, item):
    case = open_case(dataset, "s1")
    add_comment(item, emil(dataset), "theirs <b>", now())
    request = RequestFactory().get("/d/support/queue/")
    page = {"request": request, "user": leo(dataset), "case": case, "item": item}
    shown = Template("{% load talking %}{% comments_of case blind=True %}").render(Context(page))
    assert "theirs" not in shown and 'name="blind"' in shown and 'value="/d/support/queue/"' in shown
    shown = Template("{% load talking %}{% comments_on item %}").render(Context(page))
    assert "theirs &lt;b&gt;" in shown


def test_a_thread_takes_few_queries(dataset, item, django_assert_max_num_queries):
    case = open_case(dataset, "s1", "s2", "s3")
    for number in range(12):
        add_comment(item, emil(dataset), f"word {number}", now())
    person = erin(dataset)
    with django_assert_max_num_queries(9):
        thread_of_case(case, person)
