"""What an expert does on their page in a browser, and what the page says then."""

from django.urls import reverse

from annotation.models import Decision
from tests.factories import apart, imported, open_case

READ = 450  # ms after which nobody can say that a case was not read

NOTHING_WAITS = "() => !Object.keys(localStorage).some(key => key.startsWith('second-look waiting'))"


def queue(dataset):
    return reverse("queue", args=[dataset.slug])


def shown(page):
    return page.locator("#case").get_attribute("data-case")


def press(page, key):
    """Read the case, press a key, wait for what it brings and until the server has it."""
    page.wait_for_timeout(READ)
    before = page.locator("#case").get_attribute("data-case")
    page.keyboard.press(key)
    page.wait_for_function("was => document.querySelector('#case').dataset.case !== was", arg=before)
    recorded(page)


def recorded(page):
    page.wait_for_function(NOTHING_WAITS)


def said():
    return [(one.label_class and one.label_class.name) or one.outcome for one in Decision.objects.order_by("id")]


def with_cases(tmp_path, n, slug="long"):
    """A dataset of n cases that are no copies of one another; 1 is access, 2 is payment. The first comes first."""
    rows = [
        {"id": f"c{place}", "text": apart(f"word{place}", place), "label": ("access", "payment")[place % 2]}
        for place in range(n)
    ]
    dataset = imported(tmp_path, rows, slug)
    for place in range(n):
        open_case(dataset, f"c{place}", score=1 - place / (n + 1))
    return dataset
