from argparse import ArgumentParser
from typing import Any

from annotation.access import UnableToFind, dataset_by_slug
from annotation.management.house import HouseCommand, add_json
from annotation.models import Dataset
from modeling.core.proving.report_json import ReportJson
from modeling.figures.words.one_page import as_markdown, one_page
from modeling.models import Comparison
from modeling.reading.comparing.between import between
from modeling.reading.comparing.one_page import report_json
from modeling.reading.loop_progress import comparisons_of
from modeling.reports import figures_of, report_on


class Command(HouseCommand):
    help = "A comparison on one page, for somebody who never saw the app: Markdown, or one line of JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--comparison", required=True, type=int, metavar="ID", help="as compare --json names it")
        add_json(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["json"]:
            super().handle(*args, **options)
            return
        found = _named(dataset_by_slug(options["dataset"]), options["comparison"])
        self.stdout.write(as_markdown(one_page(_report(found), has_figures=figures_of(found))))

    def act(self, options: dict[str, Any]) -> ReportJson:
        return _report(_named(dataset_by_slug(options["dataset"]), options["comparison"]))


def _named(dataset: Dataset, pk: int) -> Comparison:
    found = comparisons_of(dataset).filter(pk=pk).first()
    if found is None:
        known = ", ".join(str(one.pk) for one in comparisons_of(dataset).order_by("-id")[:10]) or "none yet"
        raise UnableToFind(f"{dataset.slug!r} has no comparison {pk}. Its newest comparisons: {known}.")
    return found


def _report(comparison: Comparison) -> ReportJson:
    said = report_on(comparison)
    return report_json(comparison, said.heading, said.settings, between(comparison))
