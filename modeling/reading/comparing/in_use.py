"""Which model is live today, as a lead named it."""

from annotation.models import Dataset
from modeling.models import ModelInUse


def model_in_use(dataset: Dataset) -> ModelInUse | None:
    """The one named last; None where nobody has named one."""
    rows = dataset.models_in_use.select_related("run__recipe", "run__snapshot", "predictions", "lead")
    return rows.order_by("-id").first()
