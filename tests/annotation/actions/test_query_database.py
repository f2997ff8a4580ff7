"""Rows of a database by `import_items --sql`: read only, typed as from any other file, no password anywhere."""

import sqlite3

import pytest
from django.db import connection

from annotation.models import Item, Job
from tests.test_commands import refusal, result

pytestmark = pytest.mark.django_db
COLUMNS = ("--text", "body", "--label", "say", "--id", "key")
postgres_only = pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")


@pytest.fixture(autouse=True)
def uploads(tmp_path, settings):
    settings.UPLOADS_DIR = tmp_path / "uploads"
    settings.UPLOADS_DIR.mkdir()
    return settings.UPLOADS_DIR


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as made:
        made.execute("create table ticket (key integer, body text, say text, paid real, gone text, raw blob)")
        rows = [(n, f'ticket "{n}"\nsecond line, ü', "late" if n % 2 else None, n / 4, None, b"x") for n in range(1, 5)]
        made.executemany("insert into ticket values (?, ?, ?, ?, ?, ?)", rows)
    made.close()
    return path


def address(path):
    return f"sqlite:///{path}"


def asks(path, query, *more):
    return ("import_items", "d", "--sql", address(path), query, *COLUMNS, *more)


def test_rows_of_a_query_are_rows_of_a_file(shop):
    query = "select key, body, say, paid, gone from ticket where body like '%ticket%' order by key"
    said = result(*asks(shop, query, "--field", "paid:number"))
    assert (said["items"], said["labels"]) == (4, 2)
    assert Item.objects.get(external_id="1").content == {"body": 'ticket "1"\nsecond line, ü', "paid": 0.25}
    job = Job.objects.get()
    assert job.params["file_name"] == "query on shop.db.jsonl" and "select" not in str(job.params)
    assert result(*asks(shop, query, "--field", "paid:number"))["items_already_here"] == 4


def test_a_try_leaves_nothing_behind(shop, uploads):
    assert result(*asks(shop, "select key, body, say from ticket", "--dry-run"))["items"] == 4
    assert not Item.objects.exists() and not list(uploads.iterdir())


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("drop table ticket", "only a query that reads"),
        ("delete from ticket returning key", "only a query that reads"),
        ("attach 'other.db' as other", "only a query that reads"),
        ("pragma user_version = 7", "only a query that reads"),
        ("select 1; drop table ticket", "one statement"),
        ("select absent from ticket", "no such column"),
        ("select key, key from ticket", "two columns called 'key'"),
        ("select key, raw from ticket", "the value is bytes"),
        ("select key as '' from ticket", "has no name"),
        ("select * from ticket where 0", "gives no rows"),
        ("", "no rows"),
    ],
)
def test_what_is_no_query_that_reads_is_one_sentence(shop, uploads, query, said):
    before = shop.read_bytes()
    assert said in refusal(*asks(shop, query))
    assert shop.read_bytes() == before and not list(uploads.iterdir())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:////not/there.db", "There is no database file /not/there.db"),
        ("mysql://root:geheim@h/x", "no address"),
        ("shop.db", "no address"),
        ("postgres://u:geh%40eim@127.0.0.1:1/x", "The database refuses"),
        ("postgres://u:geheim@[/x", "no address"),
        ("postgres://u:geheim@127.0.0.1:port/x", "The database refuses"),
    ],
)
def test_a_database_that_cannot_be_asked_is_one_sentence_without_a_password(url, said):
    sentence = refusal("import_items", "d", "--sql", url, "select 1", *COLUMNS)
    assert said in sentence and "geheim" not in sentence and "geh@eim" not in sentence and "geh%40eim" not in sentence


def test_a_file_and_a_query_are_one_too_many(shop):
    assert "one of the two" in refusal("import_items", "d", shop, "--sql", address(shop), "select 1")
    assert "one of the two" in refusal("import_items", "d")


@postgres_only
@pytest.mark.django_db(transaction=True)
def test_a_postgres_database_is_only_read(tmp_path):
    options = connection.settings_dict
    url = f"postgres://{options['HOST'] or '127.0.0.1'}:{options['PORT'] or 5432}/{options['NAME']}"
    query = """select g as key, 'text ' || g as body, case when g % 2 = 0 then 'even' else 'odd' end as say,
        date '2024-05-31' + g as day, g::numeric / 8 as part, g = 1 as first, '{"a": 1}'::json as more
        from generate_series(1, 5000) g"""
    given = ("--field", "part:number", "first:category", "--received", "day")
    said = result("import_items", "d", "--sql", url, query, *COLUMNS, *given)
    assert said["items"] == 5000
    first = Item.objects.get(external_id="1")
    assert first.content == {"body": "text 1", "part": 0.125, "first": "True"}
    assert str(first.received_at.date()) == "2024-06-01"
    for bad in ("delete from annotation_item returning 1", "select 1; delete from annotation_item"):
        assert "The database refuses" in refusal("import_items", "e", "--sql", url, bad, *COLUMNS)
    assert Item.objects.count() == 5000
