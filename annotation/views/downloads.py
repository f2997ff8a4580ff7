"""Files that pages hand out."""

import tempfile
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, StreamingHttpResponse

from annotation.actions.exporting.export import download
from annotation.actions.files.rejected_rows import copy_rejected
from annotation.core.exporting.forms import Form
from annotation.models import Dataset


def exported_file(dataset: Dataset, kind: str, form: Form, *, everything: bool = False) -> StreamingHttpResponse:
    """A table of a dataset, its first bytes at once where the form allows."""
    made = download(dataset, kind, form, everything=everything)
    response = StreamingHttpResponse(made.parts, content_type=made.media)
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return response


def rejected_file(artifact: str, file_name: str) -> FileResponse:
    """Rejected rows as a .csv that names the file they came from."""
    stem = file_name.partition(".")[0]
    with tempfile.TemporaryDirectory(dir=settings.UPLOADS_DIR) as folder:
        path = Path(folder) / "rejected.csv"
        copy_rejected(artifact, path)
        # the open file outlives its name
        return FileResponse(
            path.open("rb"), as_attachment=True, filename=f"{stem}-rejected.csv", content_type="text/csv"
        )
