"""A passkey from its making to the log-in with it, in a browser that has an authenticator of its own."""

import os

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from annotation.models import AccessRecord
from tests import people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
INTERNAL = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def with_authenticator(page):
    """The browser's own, whose lock opens of itself."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": INTERNAL})
    return session, made["authenticatorId"]


def log_out(page):
    page.goto(reverse("account"))
    page.get_by_role("button", name="Log out", exact=True).click()
    page.locator("#passkey_login").wait_for()


def shot(page, name, width):
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=f"{shots}/{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.parametrize("width", [390, 1280])
def test_a_passkey_is_made_and_lets_its_owner_in(open_page, width):
    erin = people.user("erin")
    page = open_page(None, reverse("login"), viewport={"width": width, "height": 900})
    session, authenticator = with_authenticator(page)
    shot(page, "log-in", width)
    page.locator("#id_username").fill("erin")
    page.locator("#id_password").fill("a long password")
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(lambda url: "login" not in url)
    page.goto(reverse("mfa_list_webauthn"))
    shot(page, "no-passkey", width)
    page.get_by_role("link", name="Add a passkey").click()
    if page.locator("input[type=password]").count():
        page.locator("input[type=password]").fill("a long password")
        page.get_by_role("button", name="Go on").click()
    page.locator("#id_name").fill("my laptop")
    shot(page, "add-passkey", width)
    page.get_by_role("button", name="Add it").click()
    page.wait_for_url(f"**{reverse('mfa_view_recovery_codes')}")
    kept = Authenticator.objects.get(user=erin, type="webauthn")
    assert kept.wrap().name == "my laptop" and kept.wrap().is_passwordless
    page.goto(reverse("mfa_list_webauthn"))
    assert page.locator("h1").inner_text() == "These passkeys let you in"
    assert "my laptop" in page.locator("tbody").inner_text()
    shot(page, "passkeys", width)
    page.goto(reverse("mfa_index"))
    assert page.locator("h1").inner_text() == "You log in with a passkey"
    shot(page, "second-step-set-up", width)
    log_out(page)
    page.locator("#passkey_login").click()
    page.wait_for_url(lambda url: "login" not in url)
    page.goto(reverse("account"))
    assert "erin" in page.locator("h1").inner_text()
    assert AccessRecord.objects.filter(kind=AccessRecord.LOG_IN, user=erin).count() == 2

    # after the password it is the second step
    log_out(page)
    page.locator("#id_username").fill("erin")
    page.locator("#id_password").fill("a long password")
    page.get_by_role("button", name="Log in", exact=True).click()
    page.locator("#show_passkey").wait_for()
    shot(page, "second-step", width)
    page.locator("#show_passkey").click()
    page.wait_for_url(lambda url: "login" not in url)

    # taken away it lets nobody in
    page.goto(reverse("mfa_remove_webauthn", args=[kept.pk]))
    if page.locator("input[type=password]").count():
        page.locator("input[type=password]").fill("a long password")
        page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Remove it").click()
    page.wait_for_url(f"**{reverse('mfa_list_webauthn')}")
    log_out(page)
    page.locator("#passkey_login").click()
    page.get_by_text("could not be checked").wait_for()
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": authenticator})


def test_who_has_none_is_told_so(open_page):
    page = open_page(None, reverse("login"))
    session, authenticator = with_authenticator(page)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.locator("#passkey_login").click()
    page.locator("[data-passkey-says]").wait_for()
    assert "another way" in page.locator("[data-passkey-says]").inner_text()
