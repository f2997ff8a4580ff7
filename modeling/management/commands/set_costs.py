from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_json
from annotation.models import Dataset
from modeling.actions.set_costs import read_pair, set_costs, set_metric


class Command(HouseCommand):
    help = "Say what errors cost, as a new version of all costs, and by what comparisons are decided."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--cost", nargs="+", default=[], metavar="TRUE:PREDICTED=VALUE", help="of some errors")
        parser.add_argument("--default", type=float, metavar="V", help="of any other error (1)")
        parser.add_argument("--unit", help="what costs are counted in (EUR)")
        parser.add_argument("--metric", choices=list(Dataset.METRICS), help="the deciding metric from now on")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        given = {name: options[name] for name in ("default", "unit") if options[name] is not None}
        if options["cost"] or given or not options["metric"]:
            classes = dataset.class_names
            set_costs(dataset, pairs=[read_pair(one, classes) for one in options["cost"]], **given)
        if options["metric"]:
            set_metric(dataset, options["metric"])
        costs = dataset.costs
        return {
            "version": costs and costs.version, "default": costs and costs.default, "costs": costs and costs.pairs,
            "unit": costs and costs.unit, "metric": dataset.metric,
        }  # fmt: skip
