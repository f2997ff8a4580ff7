import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotation.models import Item
from tests.factories import small_dataset
from tests.pages import words_of
from tests.people import leo

pytestmark = pytest.mark.django_db
SAID = "What was sent holds a null character (U+0000), which no text here can hold, so nothing was done."


@pytest.fixture
def dataset(tmp_path):
    return small_dataset(tmp_path)


@pytest.fixture
def client(dataset):
    client = Client(raise_request_exception=False)
    client.force_login(leo(dataset))
    return client


@pytest.mark.fault("a null character in a form")
@pytest.mark.parametrize("name", ["question", "people", "rename_dataset", "login"])
def test_a_form_with_one_is_refused_in_a_sentence(client, dataset, name):
    address = reverse(name, args=[] if name == "login" else [dataset.slug])
    page = client.post(address, {"name": "a\0b", "username": "x\0", "question": "what\0"})
    assert page.status_code == 400 and SAID in words_of(page)


@pytest.mark.fault("a null character in an address")
@pytest.mark.parametrize("query", ["words=a%00b", "label=%00", "after=%00,1", "%00=1", "sort=score%00"])
def test_so_is_an_address_with_one(client, dataset, query):
    for name in ("items", "cases", "rules"):
        page = client.get(f"{reverse(name, args=[dataset.slug])}?{query}")
        assert page.status_code == 400 and SAID in words_of(page)


@pytest.mark.fault("a null character in a path or a cookie")
def test_so_are_a_path_and_a_cookie(client, dataset):
    assert client.get("/d/a%00b/items/").status_code == 400
    client.cookies["sessionid"] = "x" * 32 + "\0"
    assert client.get("/").status_code == 400


@pytest.mark.fault("a null character in the name of a file")
def test_so_is_a_file_named_with_one(client, dataset):
    file = SimpleUploadedFile("x.csv", io.BytesIO(b"text\nhello\n").read())
    file._name = "a\0.csv"
    before = Item.objects.count()
    page = client.post(reverse("import", args=[dataset.slug]), {"file": file})
    assert page.status_code in (200, 302, 400) and Item.objects.count() == before
    assert "\0" not in page.content.decode()
