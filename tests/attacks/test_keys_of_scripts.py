"""Keys for scripts: what they open, and all they do not."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from annotation.actions.guarding.tokens import UnableToMakeToken, make_token, revoke_token, token_behind
from annotation.actions.jobs.work import work
from annotation.actions.people.deactivate import deactivate
from annotation.models import AccessRecord, AccessToken, Item, Job, Membership
from tests import people
from tests.attacks.routes import arguments, routes
from tests.factories import small_dataset

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(tmp_path, settings):
    settings.UPLOADS_DIR = tmp_path
    return small_dataset(tmp_path)


def key_for(dataset, scope, days=30):
    return make_token(people.leo(dataset), dataset, "a script", scope, days, timezone.now())


def with_key(secret):
    return Client(HTTP_AUTHORIZATION=f"Bearer {secret}", enforce_csrf_checks=True)


EXPORT = "/d/support/export/labels/"


def test_a_script_exports_imports_and_asks_what_became_of_it(support):
    assert with_key(key_for(support, "export")).get(EXPORT).status_code == 200
    client = with_key(key_for(support, "import"))
    file = SimpleUploadedFile("more.csv", b"id,text,label\nn1,my card was eaten,payment\n")
    said = {"file": file, "text": "text", "label": "label", "id": "id"}
    answer = client.post(reverse("import_by_script", args=["support"]), said)
    assert answer.status_code == 202
    job = answer.json()["job"]
    assert work(job).status == Job.DONE
    assert client.get(reverse("job_by_script", args=["support", job])).json()["status"] == "done"
    assert Item.objects.filter(dataset=support, external_id="n1").exists()
    assert client.post(reverse("import_by_script", args=["support"]), {}).status_code == 400
    lines = AccessRecord.objects.filter(kind=AccessRecord.TOKEN, user__username="leo", dataset=support)
    assert lines.count() == 4


def test_a_key_is_made_on_the_page_and_shown_once(support):
    client = Client()
    client.force_login(people.leo(support))
    url = reverse("tokens")
    page = client.post(url, {"dataset": support.pk, "scope": "export", "name": "nightly", "days": 7}).content.decode()
    token = AccessToken.objects.get()
    secret = page.partition("<code>secondlook_")[2].partition("<")[0]
    assert token_behind(f"secondlook_{secret}", timezone.now()) == token and secret not in token.digest
    assert secret not in client.get(url).content.decode()
    client.post(reverse("revoke_token"), {"token": token.pk})
    assert token_behind(f"secondlook_{secret}", timezone.now()) is None
    client.force_login(people.erin(support))
    refused = client.post(url, {"dataset": support.pk, "scope": "export", "name": "x", "days": 7})
    assert "Select a valid choice" in refused.content.decode() and AccessToken.objects.count() == 1
    with pytest.raises(UnableToMakeToken):
        make_token(people.erin(support), support, "x", "export", 1, timezone.now())


@pytest.mark.fault("a script's key at every route that is not its own")
@pytest.mark.parametrize("scope", AccessToken.SCOPES)
def test_a_key_opens_nothing_else(support, scope):
    secret, handler = key_for(support, scope), WSGIHandler()
    asked = RequestFactory(HTTP_AUTHORIZATION=f"Bearer {secret}")
    opened = set()
    for pattern in routes():
        address = reverse(pattern.name, kwargs=arguments(pattern, "support", {"case": 1}))
        for method in ("get", "post"):
            if handler.get_response(getattr(asked, method)(address)).status_code != 403:
                opened.add(pattern.name)
    own = {"export": {"download_export"}, "import": {"import_by_script"}, "read": set()}[scope]
    assert opened == own | {"job_by_script"}
    assert handler.get_response(asked.get("/admin/")).status_code == 403


@pytest.mark.fault("a script's key that has run out, was revoked, or whose owner has left")
def test_a_key_ends(support, monkeypatch):
    leo, now = people.leo(support), timezone.now()
    Membership.objects.create(dataset=support, user=people.user("lea"), role=Membership.LEAD)
    old, revoked, kept = (key_for(support, "export") for _ in range(3))
    AccessToken.objects.filter(pk=token_behind(old, now).pk).update(expires_at=now - timedelta(seconds=1))
    assert revoke_token(leo, token_behind(revoked, now).pk, now) == 1
    assert revoke_token(people.user("lea"), token_behind(kept, now).pk, now) == 0
    assert [with_key(one).get(EXPORT).status_code for one in (old, revoked, kept)] == [401, 401, 200]
    Membership.objects.filter(user=leo).update(role=Membership.EXPERT)
    assert with_key(kept).get(EXPORT).status_code == 404
    Membership.objects.filter(user=leo).update(role=Membership.LEAD)
    deactivate(leo, None, now)
    assert with_key(kept).get(EXPORT).status_code == 401


@pytest.mark.fault("keys of scripts guessed")
def test_keys_are_not_guessed_at(support):
    codes = [with_key(f"secondlook_{one}").get(EXPORT).status_code for one in range(51)]
    assert codes == [401] * 50 + [429]
