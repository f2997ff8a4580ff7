from argparse import ArgumentParser
from typing import Any

from annotation.actions.jobs.work import work_here
from annotation.management.house import HouseCommand, add_json
from modeling.demo.dataset import request_demo, reset_demo


class Command(HouseCommand):
    help = "Build the synthetic demo dataset and run the whole loop with a simulated expert."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seeds", type=int, default=5, help="how many seeds, from 0")
        parser.add_argument("--reset", action="store_true", help="delete the demo datasets first")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["reset"]:
            reset_demo()
        results = []
        for seed in range(max(1, options["seeds"])):
            result = work_here(request_demo(seed, background=False)).outcome
            shown = ", ".join(f"{bar['name']} {bar['accuracy']:.3f}" for bar in result["bars"])
            self.stderr.write(f"seed {seed}: {shown}")
            results.append(result)
        return {**results[0], "seeds": len(results), "bars": [bar for result in results for bar in result["bars"]]}
