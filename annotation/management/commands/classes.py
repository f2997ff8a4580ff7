from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from annotation.access import dataset_by_slug
from annotation.actions.classes.carry_out import WantedChange, carry_out, preview
from annotation.actions.classes.undo import undo
from annotation.core.refusal import Refusal
from annotation.management.house import HouseCommand, add_json
from annotation.models import ClassChange, Dataset
from annotation.reading.classes.sentences import said_of
from annotation.reading.classes.table import changes_of, classes_in_use, retired_classes

WORDS = {"rename": "OLD NEW", "merge": "A B … INTO C", "split": "A INTO B C …", "group": "HEADING A B …",
         "meaning": "A TEXT", "reorder": "A B …", "add": "NAME …", "retire": "A", "undo": "[CHANGE]"}  # fmt: skip


class UnableToSayChange(Refusal):
    """The words of a change are not those that its kind takes."""


class Command(HouseCommand):
    help = "List the classes of a dataset, or change them: " + "; ".join(f"{one} {said}" for one, said in WORDS.items())

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("change", nargs="?", default="list", choices=["list", *WORDS])
        parser.add_argument("words", nargs="*", metavar="NAME")
        parser.add_argument("--preview", action="store_true", help="say what it would do, and do nothing")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset, kind, words = dataset_by_slug(options["dataset"]), options["change"], options["words"]
        if kind == "list":
            return _listed(dataset)
        now = timezone.now()
        if kind == "undo":
            if options["preview"]:
                raise UnableToSayChange("A change is taken back as a whole; leave out --preview. The list says which.")
            if words and not (len(words) == 1 and words[0].isdecimal() and len(words[0]) < 19):
                raise _wrong(kind)
            return _made(undo(dataset, int(words[0]) if words else None, None, now))
        wanted = wanted_change(kind, words)
        if options["preview"]:
            return {"preview": preview(dataset, wanted, now)}
        return _made(carry_out(dataset, wanted, None, now))


def wanted_change(kind: str, words: list[str]) -> WantedChange:
    """What the words after the kind ask for. Raises UnableToSayChange."""
    if kind == "rename" and len(words) == 2:
        return WantedChange(kind, words[:1], words[1:])
    if kind in ("merge", "split") and "INTO" in words:
        at = words.index("INTO")
        names, targets = words[:at], words[at + 1 :]
        if names and targets and (len(targets) == 1 if kind == "merge" else len(names) == 1):
            return WantedChange(kind, names, targets)
    if kind == "group" and len(words) > 1:
        return WantedChange(kind, words[1:], text=words[0])
    if kind == "meaning" and len(words) == 2:
        return WantedChange(kind, words[:1], text=words[1])
    if (kind in ("reorder", "add") and words) or (kind == "retire" and len(words) == 1):
        return WantedChange(kind, words)
    raise _wrong(kind)


def _wrong(kind: str) -> UnableToSayChange:
    return UnableToSayChange(f"Write it like this: classes DATASET {kind} {WORDS[kind]}.")


def _listed(dataset: Dataset) -> dict[str, Any]:
    return {
        "classes": [
            {"class": one.label_class.name, "items": one.n, "meaning": one.label_class.meaning,
             "group": one.label_class.group}
            for one in classes_in_use(dataset)
        ],
        "retired": [
            {"class": one.name, "became": one.became.name if one.became else None} for one in retired_classes(dataset)
        ],
        "changes": [
            {"change": one.change.pk, "what": one.said, "at": one.change.created_at.isoformat(timespec="seconds"),
             "moved": one.change.moved, "can_be_taken_back": one.can_undo}
            for one in changes_of(dataset)
        ],
    }  # fmt: skip


def _made(change: ClassChange) -> dict[str, Any]:
    return {
        "change": change.pk, "what": said_of(change), "moved": change.moved,
        "cases": change.details.get("cases", 0), "classes": list(change.dataset.class_names),
    }  # fmt: skip
