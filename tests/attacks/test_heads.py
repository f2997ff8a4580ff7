"""What every answer says in its head, and the cookies, as they are sent."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as site
from django.test import Client
from django.urls import reverse

from tests import people
from tests.factories import small_dataset

ROOT = Path(__file__).resolve().parents[2]
KEY = "kZ3v-9QpXb7_mT4sYw1LrJ8dHc6NfGe2UaVoBiKtS5xPzRqD0yM"
POLICY = {
    "default-src": "'self'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
    "object-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'", "form-action": "'self'",
}  # fmt: skip
HEADS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip
EVENTS = r"click|load|error|change|submit|input|focus|blur|key\w+|mouse\w+"
ASK = """
import json, sys
from django.core.management import execute_from_command_line
import django
django.setup()
from django.test import Client
plain = Client().get("/login/", HTTP_HOST="labels.example.org")
page = Client().get("/login/", HTTP_HOST="labels.example.org", secure=True)
cookie = page.cookies["csrftoken"]
from django.conf import settings
print(json.dumps({"plain": [plain.status_code, plain.get("Location")], "heads": dict(page.headers),
    "csrf": {name: cookie[name] for name in ("secure", "httponly", "samesite")},
    "session": [settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY, settings.SESSION_COOKIE_SAMESITE]}))
"""


def policy_of(answer):
    parts = answer["Content-Security-Policy"].split(";")
    return dict(part.strip().split(" ", 1) for part in parts if part.strip())


def heads_of(answer):
    return {name: answer[name] for name in HEADS}


@pytest.mark.django_db
@pytest.mark.fault("a page framed by another site, or a script in it")
def test_every_answer_says_what_a_browser_must_not_do(tmp_path):
    dataset = small_dataset(tmp_path)
    lead, nobody = Client(), Client()
    lead.force_login(people.leo(dataset))
    answers = [nobody.get(reverse("login")), nobody.get("/nowhere/"), lead.get(reverse("findings", args=["support"])),
               lead.get("/d/nowhere/"), lead.get(reverse("download_cases", args=["support"])),
               lead.post(reverse("detect", args=["support"]))]  # fmt: skip
    for answer in answers:
        assert policy_of(answer) == POLICY and heads_of(answer) == HEADS
        assert "camera=()" in answer["Permissions-Policy"]
        assert answer["Cache-Control"] == "private, no-store"
    style = nobody.get("/static/base.css")
    assert "no-store" not in style["Cache-Control"] and style["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in style


@pytest.mark.django_db
@pytest.mark.fault("a cookie read by a script or sent by another site")
def test_cookies_are_for_the_site_alone():
    people.user("erin")
    client = Client()
    answer = client.post("/login/", {"username": "erin", "password": "a long password"})
    client.get(reverse("password_change"))
    for name in (site.SESSION_COOKIE_NAME, "csrftoken", "known_browser"):
        cookie = client.cookies[name]
        assert cookie["httponly"] and cookie["samesite"] == "Lax", name
    assert client.cookies[site.SESSION_COOKIE_NAME]["max-age"] == 336 * 3600
    assert answer.status_code == 302


@pytest.mark.fault("a log-in sent in the open")
def test_in_production_all_goes_by_tls(tmp_path):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SECONDLOOK_", "DATABASE_"))}
    more = {
        "SECONDLOOK_PRODUCTION": "1", "SECONDLOOK_SECRET_KEY": KEY, "SECONDLOOK_DATA_DIR": str(tmp_path),
        "SECONDLOOK_HOSTS": "labels.example.org", "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env={**clean, **more}, capture_output=True, text=True)
    said = json.loads(done.stdout)
    assert said["plain"] == [301, "https://labels.example.org/login/"]
    assert said["heads"]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert said["csrf"] == {"secure": True, "httponly": True, "samesite": "Lax"}
    assert said["session"] == [True, True, "Lax"]


@pytest.mark.fault("a style or a script in a page's markup")
def test_no_template_has_a_style_or_a_script_of_its_own():
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(
            r"\sstyle=|<style|<script>|\son(click|load|error|change|submit|input|focus|blur|key\w+|mouse\w+)=|javascript:",
            text,
        ), path


@pytest.mark.django_db
@pytest.mark.fault("a host name forged in the head")
def test_a_host_that_is_not_ours_is_refused(settings):
    settings.ALLOWED_HOSTS = ["labels.example.org"]
    settings.EMAIL_HOST = ""
    for head in ({"HTTP_HOST": "evil.example"}, {"HTTP_HOST": "labels.example.org", "HTTP_X_FORWARDED_HOST": "evil"}):
        answer = Client().get("/login/", **head)
        assert answer.status_code == (400 if head["HTTP_HOST"] == "evil.example" else 200)
        assert b"evil" not in answer.content


@pytest.mark.django_db
@pytest.mark.fault("heads and cookies of absurd length")
def test_absurd_heads_are_no_fault_of_the_server():
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "x" * 60_000
    client.cookies["csrftoken"] = "y" * 60_000
    client.cookies["known_browser"] = "z" * 60_000
    client.cookies["messages"] = "[" * 60_000
    head = {
        "HTTP_X_REQUEST_ID": "i" * 60_000, "HTTP_X_FORWARDED_FOR": "1," * 30_000, "HTTP_REFERER": "r" * 60_000,
        "HTTP_ACCEPT_LANGUAGE": "de," * 20_000, "HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "\x80" * 99,
    }  # fmt: skip
    assert client.get("/login/", **head).status_code == 200
    assert client.get("/", **head).status_code == 302
    posted = client.post("/login/", {"username": "x" * 100_000, "password": "y" * 100_000}, **head)
    assert posted.status_code in (200, 403)
