from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class AddIndexBesideWork(migrations.AddIndex):
    """PostgreSQL makes the index while others write; SQLite has one writer at a time anyway."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        beside: dict[str, Any] = {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}
        schema_editor.add_index(model, self.index, **beside)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        beside: dict[str, Any] = {"concurrently": True} if schema_editor.connection.vendor == "postgresql" else {}
        schema_editor.remove_index(model, self.index, **beside)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("annotation", "0019_access")]

    operations = [
        AddIndexBesideWork(
            model_name="case",
            index=models.Index(
                condition=models.Q(("status", "open"), models.Q(("awaits", "experts"), _negated=True)),
                fields=["dataset", "awaits", "id"],
                name="cases_passed_up",
            ),
        ),
    ]
