"""The main tables, to look at. Facts append through actions, so nothing is added, changed or deleted here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from annotation.models import (
    Annotator,
    Case,
    CostMatrix,
    Dataset,
    Decision,
    Detection,
    Finding,
    Guideline,
    Job,
    Membership,
    PredictionSet,
    Process,
    Ruling,
    Snapshot,
)


class ReadOnly(admin.ModelAdmin):
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever has staff rights; nothing has to be granted table by table, as nothing can be changed."""
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


COLUMNS: dict[type, tuple[str, ...]] = {
    Dataset: ("slug", "name", "metric", "planned_looks", "synthetic", "created_at"),
    Membership: ("dataset", "user", "role"),
    Annotator: ("dataset", "name", "user"),
    CostMatrix: ("dataset", "version", "default", "unit", "author", "created_at"),
    Guideline: ("dataset", "version", "author", "created_at"),
    Detection: ("id", "dataset", "n_items", "n_flags", "n_findings", "seconds", "created_at"),
    Finding: ("id", "detection", "kind", "title", "n"),
    Ruling: ("dataset", "key", "ruling", "lead", "created_at"),
    Case: ("id", "dataset", "status", "score", "leased_to", "leased_until"),
    Decision: ("id", "case", "expert", "outcome", "label_class", "confidence", "created_at"),
    PredictionSet: ("id", "dataset", "name", "n", "created_at"),
    Snapshot: ("id", "dataset", "purpose", "n_rows", "sha256", "created_at"),
    Process: ("kind", "host", "pid", "started_at", "heard_at", "job"),
    Job: ("id", "dataset", "kind", "status", "stage", "attempt", "created_by", "created_at"),
}
for model, columns in COLUMNS.items():
    admin.site.register(model, type(f"{model.__name__}Admin", (ReadOnly,), {"list_display": columns}))
