"""`make bench` prints one table; `make bench ONLY=detect.` runs the figures whose name starts so."""

import sys
from collections.abc import Callable

from bench import (
    answers,
    consensus,
    contested,
    files,
    fin_num_claim,
    imports,
    label_errors,
    lead_export,
    lead_items,
    learning,
    model_augmentation,
    model_cost,
    model_dropout,
    model_path,
    model_penalties,
    model_predict,
    model_sweep,
    near_duplicates,
    order,
    others,
    pages,
    proof_attribution,
    proof_diagnosis,
    proof_intervals,
    proof_leaks,
    proof_report,
    proof_returns,
    proof_seeds,
    routing,
    scale,
    shortcuts,
    suite,
    team,
)
from bench.table import Row, show

BENCHES: dict[str, Callable[[], list[Row]]] = {
    "detect.fin_num_claim": fin_num_claim.run,
    "detect.label_errors": label_errors.run_quality,
    "detect.confident": lambda: label_errors.run_parity() + label_errors.run_million(),
    "detect.ranked_cases": label_errors.run_100k,
    "detect.consensus": consensus.run,
    "detect.contested": contested.run,
    "detect.files": files.run,
    "detect.learning": learning.run,
    "detect.others": others.run,
    "detect.scale": scale.run,
    "detect.shortcuts": shortcuts.run,
    "detect.suite": suite.run,
    "detect.near_duplicates.100k": near_duplicates.run_100k,
    "detect.near_duplicates.1m": near_duplicates.run_1m,
    "detect.order": order.run,
    "expert.answers": answers.run,
    "expert.routing": routing.run,
    "expert.team": team.run,
    "lead.export": lead_export.run,
    "lead.imports": imports.run,
    "lead.items": lead_items.run,
    "lead.pages": pages.run,
    "model.augmentation.banking77_1000": lambda: model_augmentation.run_augmentation("banking77_1000"),
    "model.augmentation.banking77_full": lambda: model_augmentation.run_augmentation("banking77_full"),
    "model.augmentation.fin_num_claim": lambda: model_augmentation.run_augmentation("fin_num_claim"),
    "model.cost": model_cost.run,
    "model.dropout.1k": lambda: model_dropout.run(1_000),
    "model.dropout.9k": lambda: model_dropout.run(9_000),
    "model.path.sparse_truth": model_path.sparse_truth,
    "model.path.sample": model_path.run,
    "model.path_full.banking77": lambda: model_path.run_full("banking77"),
    "model.path_full.clinc150": lambda: model_path.run_full("clinc150"),
    "model.path_full.table": lambda: model_path.run_full("table"),
    "model.path.correlated": model_penalties.correlated,
    "model.path.blanked": model_penalties.blanked,
    "model.predict": model_predict.run,
    "model.robustness.banking77_1000": lambda: model_augmentation.run_robustness("banking77_1000"),
    "model.robustness.banking77_full": lambda: model_augmentation.run_robustness("banking77_full"),
    "model.robustness.fin_num_claim": lambda: model_augmentation.run_robustness("fin_num_claim"),
    "model.sweep": model_sweep.run,
    "proof.diagnosis": proof_diagnosis.run,
    "proof.intervals": proof_intervals.run,
    "proof.attribution": proof_attribution.run,
    "proof.leaks": proof_leaks.run,
    "proof.report": proof_report.run,
    "proof.returns": proof_returns.run,
    "proof.seeds": proof_seeds.run,
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
