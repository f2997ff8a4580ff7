"""Which columns of a file of labels are what, where the file itself makes it plain."""

from collections.abc import Mapping

from annotation.core.files.tables import Source

# crowd-kit's three columns, and what the second was called before.
CROWD = ({"item": "task", "annotator": "worker", "label": "label"},
         {"item": "task", "annotator": "performer", "label": "label"})  # fmt: skip
PARTS = {"id": "item", "annotator": "annotator", "label": "label", "at": "at"}


def label_columns(source: Source) -> Mapping[str, str]:
    """Part (item, annotator, label, at) -> its column, in an annotation tool's export and in a table of crowd-kit's
    columns; nothing for any other file."""
    if source.roles:
        return {PARTS[role]: name for name, role in source.roles.items() if role in PARTS}
    return next((parts for parts in CROWD if set(parts.values()) <= set(source.columns)), {})


def is_labels_only(source: Source) -> bool:
    """Whether the file has crowd-kit's columns and no others: labels for items that have to be there already."""
    return any(set(parts.values()) == set(source.columns) for parts in CROWD)
