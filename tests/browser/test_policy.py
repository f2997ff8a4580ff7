"""The policy of styles and scripts as a browser keeps it: nothing of ours is refused, and nothing put in is run."""

import os

import pytest
from django.urls import reverse

from annotation.models import Label
from tests.factories import small_dataset
from tests.people import leo, otto

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_refused_a_part_of_itself(tmp_path, open_page, width):
    dataset = small_dataset(tmp_path)
    for label in Label.objects.filter(item__dataset=dataset)[:4]:
        other = dataset.annotators.get_or_create(name="ann2")[0]
        Label.objects.create(
            item=label.item, annotator=other, label_class=dataset.label_classes.last(), origin="import"
        )
    page = open_page(leo(dataset), reverse("disagreement", args=["support"]), viewport={"width": width, "height": 900})
    dot = page.locator("svg.strip circle").first
    assert dot.bounding_box()["width"] == pytest.approx(10, abs=1)
    row = page.locator("svg.strip").first.bounding_box()
    assert row["x"] - 6 <= dot.bounding_box()["x"] <= row["x"] + row["width"] + 6
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=f"{shots}/disagreement-{width}.png", full_page=True)
    for name in ("account", "tokens", "mfa_index", "account_reauthenticate", "password_change", "datasets"):
        page.goto(reverse(name))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        if shots:
            page.screenshot(path=f"{shots}/{name}-{width}.png", full_page=True)
    page.goto(reverse("account_reauthenticate") + "?next=" + reverse("mfa_activate_totp"))
    page.locator("input[type=password]").fill("a long password")
    page.get_by_role("button", name="Go on").click()
    page.locator("img.qr").wait_for()
    assert page.locator("img.qr").bounding_box()["width"] > 100
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if shots:
        page.screenshot(path=f"{shots}/set-up-{width}.png", full_page=True)
    page.goto(reverse("access_log", args=["support"]))
    if shots:
        page.screenshot(path=f"{shots}/access-{width}.png", full_page=True)


def test_the_administration_works_under_it_too(tmp_path, open_page):
    small_dataset(tmp_path)
    page = open_page(otto(), "/admin/")
    for path in ("/admin/annotation/dataset/", "/admin/annotation/job/", "/admin/auth/user/"):
        assert page.goto(path).status == 200
    assert page.locator("#content").is_visible()


@pytest.mark.fault("a script put into a page that is open")
def test_what_gets_into_a_page_is_not_run(chromium, live_server):
    page = chromium.new_page(base_url=live_server.url)
    page.goto(reverse("login"))
    refused = page.evaluate("""() => {
        document.addEventListener("securitypolicyviolation", event => {
            window.refused = (window.refused || []).concat(event.violatedDirective);
        });
        const put = document.createElement("div");
        put.innerHTML = '<img src=x onerror="window.run = 1"><b style="color: red">x</b>';
        document.body.append(put);
        const script = document.createElement("script");
        script.textContent = "window.run = 1";
        document.body.append(script);
        return new Promise(done => setTimeout(() => done([window.run, window.refused]), 500));
    }""")
    assert refused[0] is None and {"script-src-elem", "style-src-attr"} <= set(refused[1])
    page.close()
