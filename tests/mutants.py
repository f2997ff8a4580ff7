"""One line made wrong at a time: `make mutants` shows that the tests named beside it notice.

Proof, settling and routing, where a mistake would be believed. Each mutant is put into a copy of the project.
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROOF, PAIRED = "modeling/core/proving/proof.py", "modeling/core/proving/paired.py"
ROUTING, OVERLAP = "annotation/core/order/routing.py", "annotation/core/order/overlap.py"
AFTER, UNDO = "annotation/actions/queue/after_answer.py", "annotation/actions/queue/undo.py"
PROVING = ("tests/modeling/core/proving/test_proof.py", "tests/modeling/core/proving/test_proof_properties.py")
DECIDING = (
    "tests/annotation/actions/test_decide.py", "tests/annotation/actions/test_overlap_cases.py",
    "tests/annotation/actions/test_production_draw.py",
)  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """`was`, which stands in the file once, becomes `now`; `tests` must fail."""

    name: str
    file: str
    was: str
    now: str
    tests: tuple[str, ...]


MUTANTS = (
    Mutant("planned looks widen nothing", PROOF, "level = 1 - 0.05 / planned_looks", "level = 0.95", PROVING),
    Mutant("one look too many still counts", PROOF, "if looks > planned_looks:",
           "if looks > planned_looks + 1:", PROVING),
    Mutant("no paired test behind the limits", PROOF, "and test() >= 1 - level:", "and test() >= 1:", PROVING),
    Mutant("better and worse change places", PROOF, "if low > 0:\n        return",
           "if high < 0:\n        return", PROVING),
    Mutant("a refusal is not heard", PROOF, "    if refusal:\n", "    if refusal is True:\n", PROVING),
    Mutant("every row is a unit", PAIRED, "_, unit = np.unique(groups, return_inverse=True)\n    weight",
           "unit = np.arange(len(groups))\n    weight", PROVING),
    Mutant("few changes leave no width", PAIRED, "    if largest:\n", "    if largest < 0:\n", PROVING),
    Mutant("half of the exchanges are not counted", PAIRED, "np.abs(2 * np.arange(total + 1) - total) >= observed",
           "(2 * np.arange(total + 1) - total) >= observed", PROVING),
    Mutant("the worst first", ROUTING, "-cases.score[found], -value[found]))", "-cases.score[found], value[found]))",
           ("tests/annotation/core/order",)),
    Mutant("the bar keeps out whom nobody can replace", ROUTING, "(own < least_skill) & (others >= least_skill)",
           "own < least_skill", ("tests/annotation/core/order",)),
    Mutant("being better counts without bound", ROUTING, "    np.clip(factor, LEAST_FACTOR, MOST_FACTOR, out=factor)\n",
           "", ("tests/annotation/core/order",)),
    Mutant("the first few are taken from the end", ROUTING, "worst = np.partition(value, len(cases) - wanted)",
           "worst = np.partition(-value, len(cases) - wanted)", ("tests/annotation/core/order",)),
    Mutant("who differ settle all the same", AFTER, "doubtful = len(set(said)) > 1 or any(",
           "doubtful = any(", DECIDING),
    Mutant("what was left out is settled with the rest", AFTER, "    keep_the_rest(decision.case, rest, now)\n", "",
           DECIDING),
    Mutant("an answer that saw the labels settles nothing", AFTER, "alone = not independent or bool(decision.cause)",
           "alone = bool(decision.cause)", DECIDING),
    Mutant("anybody takes anybody's answer back", UNDO, "if decision.expert_id != user.pk:",
           "if not user.pk:", DECIDING),
    Mutant("what was decided since is overwritten by an undo", UNDO, "if held[0].decision_id != decision.pk:",
           "if held[0].pk < 0:", DECIDING),
)  # fmt: skip


def copied(folder: Path) -> Path:
    """The files of the project as they lie here, with the same environment."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def is_killed(mutant: Mutant, folder: Path) -> bool:
    """Raises ValueError where the line is not there once, RuntimeError where the tests come to nothing."""
    file = folder / mutant.file
    right = file.read_text()
    if right.count(mutant.was) != 1:
        raise ValueError(f"{mutant.file} holds {right.count(mutant.was)} times {mutant.was!r}; once is wanted.")
    file.write_text(right.replace(mutant.was, mutant.now))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-p", "no:warnings", *mutant.tests],
            cwd=folder, capture_output=True, text=True,
        )  # fmt: skip
    finally:
        file.write_text(right)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout[-2000:])
    return done.returncode == 1


def main(words: list[str]) -> int:
    """All mutants, or those whose name holds one of the words."""
    asked = [one for one in MUTANTS if not words or any(word in one.name for word in words)]
    alive = 0
    with tempfile.TemporaryDirectory() as name:
        folder = copied(Path(name))
        for mutant in asked:
            killed = is_killed(mutant, folder)
            alive += not killed
            print(f"{'killed' if killed else 'ALIVE':7} {mutant.file:45} {mutant.name}", flush=True)
    print(f"{len(asked) - alive} of {len(asked)} mutants killed")
    return 1 if alive or not asked else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
