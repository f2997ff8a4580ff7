"""What is kept: the tables of all apps, and in what form their columns are written."""

from collections.abc import Sequence

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder

from annotation.core.keeping import rows
from annotation.core.refusal import Refusal
from annotation.models import Process

# People log in again, and processes show life again.
NOT_KEPT = (Session, Process)
KINDS = {
    "AutoField": rows.NUMBER,
    "BigAutoField": rows.NUMBER,
    "BigIntegerField": rows.NUMBER,
    "BinaryField": rows.BYTES,
    "BooleanField": rows.BOOLEAN,
    "CharField": rows.TEXT,
    "DateField": rows.TEXT,
    "DateTimeField": rows.MOMENT,
    "FloatField": rows.REAL,
    "GenericIPAddressField": rows.TEXT,
    "IntegerField": rows.NUMBER,
    "JSONField": rows.JSON,
    "PositiveBigIntegerField": rows.NUMBER,
    "PositiveIntegerField": rows.NUMBER,
    "PositiveSmallIntegerField": rows.NUMBER,
    "SlugField": rows.TEXT,
    "SmallIntegerField": rows.NUMBER,
    "TextField": rows.TEXT,
    "UUIDField": rows.UUID,
}


class UnableToBackUp(Refusal):
    """A backup can't be written as asked."""


def kept_models() -> list[type[models.Model]]:
    every = apps.get_models(include_auto_created=True)
    kept = [model for model in every if model._meta.managed and not model._meta.proxy and model not in NOT_KEPT]
    return sorted(kept, key=lambda model: model._meta.db_table)


def columns_of(model: type[models.Model]) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


def kinds_of(model: type[models.Model]) -> list[str]:
    return [_kind(field) for field in model._meta.concrete_fields]


def _kind(field: models.Field) -> str:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    kind = KINDS.get(field.get_internal_type())
    if kind is None:
        raise UnableToBackUp(f"{field.model._meta.db_table}.{field.column} is of a kind that backups don't know yet.")
    return kind


def applied_migrations() -> dict[str, list[str]]:
    """App → names; of no app where nothing was migrated yet."""
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        found.setdefault(app, []).append(name)
    return found


def quoted(names: Sequence[str]) -> str:
    return ", ".join(map(connection.ops.quote_name, names))
