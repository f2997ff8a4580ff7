"""PostgreSQL plans by what it has counted; where nothing counts for it, the reaper does."""

import pytest
from django.db import connection
from django.utils import timezone

from annotation import bulk
from annotation.models import Dataset, Item

NOW = timezone.now()
COLUMNS = ["dataset_id", "split", "external_id", "digest", "content", "source", "taken_back", "created_at"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite goes by the order of its indexes")
@pytest.mark.django_db(transaction=True)
def test_a_table_that_grew_is_counted_once():
    dataset = Dataset.objects.create(slug="many", name="many", fields=[{"name": "text", "type": "text"}])
    bulk.insert_ready(
        Item, COLUMNS, [(dataset.pk, "pool", f"i{n}", f"{n:064d}", "{}", "", 0, NOW) for n in range(2 * bulk.BATCH)]
    )
    say_what_was_written()
    assert "annotation_item" in bulk.refresh_what_is_stale()
    say_what_was_written()
    assert "annotation_item" not in bulk.refresh_what_is_stale()


def say_what_was_written():
    """A connection tells the server once a second at most, unless told to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
