from argparse import ArgumentParser
from typing import Any

from annotation.access import dataset_by_slug
from annotation.management.house import HouseCommand, add_json
from annotation.models import Dataset
from modeling.actions.proving.set_costs import read_pair, set_costs, set_metric, set_worthwhile


class Command(HouseCommand):
    help = "Say what errors cost, as a new version, and by what comparisons are decided. What is not named stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dataset")
        parser.add_argument("--cost", nargs="+", default=[], metavar="TRUE:PREDICTED=VALUE", help="these errors")
        parser.add_argument("--default", type=float, metavar="V", help="of any other error (1)")
        parser.add_argument("--unit", help="what costs are counted in (EUR)")
        parser.add_argument("--metric", choices=list(Dataset.METRICS), help="the deciding metric from now on")
        parser.add_argument("--worthwhile", type=float, metavar="POINTS", help="the smallest difference worth having")
        parser.add_argument("--worthwhile-cost", type=float, metavar="V", help="the same in costs per 1,000 items")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        dataset = dataset_by_slug(options["dataset"])
        if options["cost"] or options["unit"] or options["default"] is not None:
            set_costs(dataset, **_changed(dataset, options))
        if options["metric"]:
            set_metric(dataset, options["metric"])
        set_worthwhile(dataset, options["worthwhile"], options["worthwhile_cost"])
        costs = dataset.costs
        return {
            "version": costs and costs.version, "default": costs and costs.default, "costs": costs and costs.pairs,
            "unit": costs and costs.unit, "metric": dataset.metric,
            "worthwhile": dataset.worthwhile, "worthwhile_cost": dataset.worthwhile_cost,
        }  # fmt: skip


def _changed(dataset: Dataset, options: dict[str, Any]) -> dict[str, Any]:
    """The costs in force with what the options name in their place."""
    newest = dataset.costs
    costs = {"default": newest.default, "unit": newest.unit, "pairs": newest.pairs} if newest else {}
    given = {name: options[name] for name in ("default", "unit") if options[name] is not None}
    if options["cost"]:
        given["pairs"] = [read_pair(one, dataset.class_names) for one in options["cost"]]
    return {**costs, **given}
