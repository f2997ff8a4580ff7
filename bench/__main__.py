"""`make bench` prints one table; `make bench ONLY=detect.` runs the figures whose name starts so."""

import sys
from collections.abc import Callable

from bench import (
    consensus,
    files,
    fin_num_claim,
    label_errors,
    model_augmentation,
    model_dropout,
    model_path,
    near_duplicates,
    order,
    others,
    shortcuts,
)
from bench.table import Row, show

BENCHES: dict[str, Callable[[], list[Row]]] = {
    "detect.fin_num_claim": fin_num_claim.run,
    "detect.label_errors": label_errors.run_quality,
    "detect.confident": lambda: label_errors.run_parity() + label_errors.run_million(),
    "detect.ranked_cases": label_errors.run_100k,
    "detect.consensus": consensus.run,
    "detect.files": files.run,
    "detect.others": others.run,
    "detect.shortcuts": shortcuts.run,
    "detect.near_duplicates.100k": near_duplicates.run_100k,
    "detect.near_duplicates.1m": near_duplicates.run_1m,
    "detect.order": order.run,
    **{
        f"model.augmentation.{name}": lambda name=name: model_augmentation.run_augmentation(name)
        for name in model_augmentation.DATA
    },
    "model.dropout": model_dropout.run,
    "model.path.sparse_truth": model_path.sparse_truth,
    "model.path.sample": model_path.run,
    "model.path_full": model_path.run_full,
    **{
        f"model.robustness.{name}": lambda name=name: model_augmentation.run_robustness(name)
        for name in model_augmentation.DATA
    },
}


def main(only: str = "") -> int:
    chosen = {name: bench for name, bench in BENCHES.items() if name.startswith(only) or only.startswith(name)}
    if not chosen:
        print(f"No benchmark starts with {only!r}. There are: {', '.join(BENCHES)}.", file=sys.stderr)
        return 1
    show([one for bench in chosen.values() for one in bench()])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
