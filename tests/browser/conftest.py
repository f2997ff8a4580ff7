"""Headless Chromium against a live server. Where the browser complains (an error, a refused script) the test fails."""

import os
import shutil

import pytest
from django.test import Client
from playwright.sync_api import sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("There is neither chromium nor google-chrome on this machine, so browser tests are skipped.")
    # Playwright keeps an event loop in this thread, and Django would refuse the database beside one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(chromium, live_server):
    """A page of the live server as `user` sees it, None = nobody; options are those of a browser context."""
    contexts, complaints, flights = [], [], set()

    def open_as(user, path, **options):
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
            context.add_cookies([session])
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("request", lambda request: flights.add(request))
        page.on("requestfinished", lambda request: flights.discard(request))
        page.on("requestfailed", lambda request: flights.discard(request))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if _is_complaint(line) else None)
        page.goto(path)
        if options.get("java_script_enabled", True):
            # Chromium lets keys go by that come before a page is first painted.
            page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return page

    yield open_as
    for context in contexts:
        for page in context.pages:
            _come_to_rest(page, flights)
        context.close()
    assert complaints == []


def _come_to_rest(page, flights):
    """What the page of a case still asks in the background would find no database once the test is over."""
    page.evaluate("() => { window.fetch = () => new Promise(() => {}); }")
    for _ in range(40):
        page.wait_for_timeout(50)
        if not flights:
            break


def _is_complaint(line):
    """What a broken page logs; a request that a test made fail on purpose is none."""
    on_purpose = "Failed to load resource" in line.text or "Response Status Error Code" in line.text
    return line.type == "error" and not on_purpose and "htmx:" not in line.text
