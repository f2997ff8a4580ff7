import pytest
from django.urls import reverse
from django.utils import timezone

from annotation.actions.talking.comment import add_comment
from annotation.models import Comment, Decision, Item
from tests.factories import open_case, small_dataset
from tests.people import emil, erin, leo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("script", [True, False])
def test_commenting_on_the_page_of_a_case(tmp_path, open_page, script):
    dataset = small_dataset(tmp_path)
    case = open_case(dataset, "s1", "s2")
    add_comment(Item.objects.get(external_id="s1"), emil(dataset), "which one?", timezone.now())
    page = open_page(leo(dataset), reverse("case", args=[dataset.slug, case.pk]), java_script_enabled=script)
    page.get_by_label("about item").select_option(label="s2")
    page.get_by_label("Comment").fill("that one")
    page.get_by_role("button", name="Comment").click()
    page.locator("article", has_text="that one").wait_for()
    assert "on item s2" in page.locator("article", has_text="that one").inner_text()
    page.locator("article", has_text="which one?").get_by_role("button", name="Close").click()
    page.get_by_text("closed by leo").wait_for()
    assert page.locator("h1").inner_text().startswith("Case")
    assert Comment.objects.count() == 3


@pytest.mark.parametrize("width", [390, 1280])
def test_items_alike_are_answered_and_taken_back(tmp_path, open_page, width):
    dataset = small_dataset(tmp_path)
    item = Item.objects.get(external_id="s2")
    url = reverse("similar", args=[dataset.slug, item.pk])
    page = open_page(erin(dataset), url, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if not page.locator("input[name=item]").count():
        page.goto(reverse("similar", args=[dataset.slug, Item.objects.get(external_id="s1").pk]))
    page.get_by_label("The ticked ones are").select_option(label="access")
    page.get_by_role("button", name="Answer all ticked").click()
    page.get_by_text("with one answer").wait_for()
    n = Decision.objects.standing().count()
    assert n
    page.locator(".note button").click()
    page.get_by_text("taken back").wait_for()
    assert not Decision.objects.standing().exists()
