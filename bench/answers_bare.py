"""What `answers` is measured against: the same facts by bare SQL, a transaction that leases and one that writes."""

import os
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

CLASSES = 5

BARE_LEASE = """SELECT c.id, i.item_id FROM annotation_case c JOIN annotation_caseitem i ON i.case_id = c.id
    WHERE c.dataset_id = {0} AND c.status = 'open' AND (c.leased_until IS NULL OR c.leased_until < {0})
    ORDER BY c.score DESC, c.id LIMIT 1"""
BARE = (
    "UPDATE annotation_case SET leased_to_id = {0}, leased_at = {0}, leased_until = {0} WHERE id = {0}",
    "SELECT id FROM annotation_decision WHERE token = {0}",
    """INSERT INTO annotation_decision (case_id, expert_id, token, outcome, label_class_id, confidence, note, seconds,
    blind, cause, created_at) VALUES ({0}, {0}, {0}, 'label', {0}, 'sure', '', 8, {0}, '', {0}) RETURNING id""",
    "INSERT INTO annotation_decision_items (decision_id, item_id) VALUES ({0}, {0})",
    """INSERT INTO annotation_label (item_id, annotator_id, label_class_id, origin, seconds, given_at, created_at)
    VALUES ({0}, {0}, {0}, 'expert', 8, {0}, {0})""",
    """INSERT INTO annotation_currentlabel (item_id, label_class_id, state, basis, decision_id, created_at)
    VALUES ({0}, {0}, 'labelled', 'decision', {0}, {0})""",
    "UPDATE annotation_case SET status = 'settled', leased_to_id = NULL, leased_at = NULL, leased_until = NULL "
    "WHERE id = {0}",
)


def by_sql(dataset: Any, user: Any) -> Callable[[], int]:
    """The same facts by hand: a transaction that leases, one that writes; nothing is checked, nothing is learned."""
    from django.db import connection  # noqa: PLC0415

    from annotation.models import Annotator  # noqa: PLC0415

    if connection.vendor == "sqlite":
        return _on_sqlite(dataset, user, Annotator.objects.of_user(dataset, user).pk)
    return _on_postgres(dataset, user, Annotator.objects.of_user(dataset, user).pk)


def _on_sqlite(dataset: Any, user: Any, who: int) -> Callable[[], int]:
    import sqlite3  # noqa: PLC0415

    from django.conf import settings  # noqa: PLC0415

    link = sqlite3.connect(settings.DATABASES["default"]["NAME"], timeout=30, isolation_level=None)
    link.execute("PRAGMA synchronous=NORMAL")

    def stamp(at: datetime) -> str:
        return at.replace(tzinfo=None).isoformat(sep=" ")

    def answer() -> int:
        with closing(link.cursor()) as cursor:
            return _bare(cursor.execute, "?", dataset.pk, user.pk, who, uuid4().hex, stamp, "BEGIN IMMEDIATE", "")

    return answer


def _on_postgres(dataset: Any, user: Any, who: int) -> Callable[[], int]:
    import psycopg  # noqa: PLC0415

    link = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)

    def answer() -> int:
        with link.cursor() as cursor:
            skip = " FOR UPDATE OF c SKIP LOCKED"
            return _bare(cursor.execute, "%s", dataset.pk, user.pk, who, uuid4(), lambda at: at, "BEGIN", skip)

    return answer


def _bare(
    execute: Callable[..., Any], mark: str, dataset: int, user: int, who: int, token: Any,
    stamp: Callable[[datetime], Any], begin: str, lock: str,
) -> int:  # fmt: skip
    now = stamp(datetime.now(UTC))
    until = stamp(datetime.now(UTC) + timedelta(minutes=20))
    lease, twin, decision, of_item, label, current, settled = (one.format(mark) for one in BARE)
    execute(begin)
    case, item = execute(BARE_LEASE.format(mark) + lock, (dataset, now)).fetchone()
    execute(lease, (user, now, until, case))
    execute("COMMIT")
    execute(begin)
    if lock:
        execute(f"SELECT id FROM annotation_case WHERE id = {mark} FOR UPDATE", (case,)).fetchone()
    execute(twin, (token,)).fetchone()
    label_class = 1 + case % CLASSES
    pk = execute(decision, (case, user, token, label_class, True, now)).fetchone()[0]
    execute(of_item, (pk, item))
    execute(label, (item, who, label_class, now, now))
    execute(current, (item, label_class, pk, now))
    execute(settled, (case,))
    execute("COMMIT")
    return 13 if lock else 12
