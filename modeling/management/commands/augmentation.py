from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_json, add_seed
from modeling.actions.training.preview_copies import ROWS, Preview, preview_copies
from modeling.actions.training.synonyms import proposed_pairs, rule_on, rulings_of
from modeling.core.fitting.augmentation import SETTINGS, UnableToConfigure
from modeling.core.perturbations import PERTURBATIONS
from modeling.core.perturbations.synonyms import read_pair, written
from modeling.models import SynonymRuling


class Command(HouseCommand):
    help = "The list of synonyms of a dataset, and a preview of the copies that train --set augment=… would make."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--accept", nargs="+", default=[], metavar="A=B", help="two words of the same meaning")
        parser.add_argument("--reject", nargs="+", default=[], metavar="A=B")
        parser.add_argument("--preview", metavar="KIND,…", help=f"copies by {', '.join(PERTURBATIONS)}")
        parser.add_argument("--rows", type=int, default=ROWS, help="items of each kind in the preview")
        add_seed(parser)
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset, now = dataset_by_slug(options["dataset"]), timezone.now()
        accepted, rejected = ([read_pair(pair) for pair in options[side]] for side in ("accept", "reject"))
        kinds = kinds_of(options["preview"]) if options["preview"] else []
        rule_on(dataset, accepted, SynonymRuling.ACCEPTED, None, now)
        rule_on(dataset, rejected, SynonymRuling.REJECTED, None, now)
        rulings = rulings_of(dataset)
        listed = {
            ruling: [written(pair) for pair, row in rulings.items() if row.ruling == ruling]
            for ruling in SynonymRuling.RULINGS
        }
        proposed = [{"pair": written(one.pair), "groups": one.seen} for one in proposed_pairs(dataset)]
        shown = preview_copies(dataset, kinds, options["seed"], options["rows"])
        return {**listed, "proposed": proposed, "preview": [as_json(one) for one in shown]}


def kinds_of(named: str) -> list[str]:
    try:
        return SETTINGS["augment"].read(named)
    except ValueError:
        must_be = SETTINGS["augment"].must_be
        raise UnableToConfigure(f"--preview {named} is not possible; it must be {must_be}.") from None


def as_json(one: Preview) -> dict[str, Any]:
    copies = [
        {
            "item": copy.item.external_id, "label": copy.label, "field": copy.field, "copy": copy.copy,
            "pieces": [asdict(piece) for piece in copy.pieces],
        }
        for copy in one.copies
    ]  # fmt: skip
    return {"kind": one.kind, "changed": one.changed, "tried": one.tried, "copies": copies}
