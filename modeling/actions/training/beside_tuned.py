"""A network that stopped early beside what tuning in its place would do: a sweep of both on the same rows."""

from itertools import product
from typing import Any

from annotation.models import Job, User
from modeling.actions.training.sweep import Spec, UnableToSweep, request_sweep
from modeling.actions.training.train import recipe_settings
from modeling.core.learners import LEARNERS
from modeling.core.learners.later_settings import STOPS
from modeling.models import ModelRun

# Training without a stop takes so many epochs, with every pair of these.
EPOCHS = 40
DROPOUTS, DECAYS = (0.2, 0.5), (1e-4, 1e-2)
SEEDS = 2


def tuned_alternatives(run: ModelRun) -> list[Spec]:
    """The run's recipe; the same network for EPOCHS on all rows, with each dropout and weight decay; and logistic
    regression with C by cross-validation on the same kinds of features. Raises UnableToSweep where the run's learner
    does not stop early."""
    learner, settings = run.recipe.learner, dict(run.recipe.settings)
    if not hasattr(LEARNERS.get(learner), "stop") or settings.get("stop", STOPS[0]) != STOPS[0]:
        raise UnableToSweep(f"Run {run.pk} did not stop early, so there is nothing to set beside it.")
    hidden = bool(settings.get("layers", LEARNERS[learner].layers))
    fixed: dict[str, Any] = {**settings, "stop": STOPS[1], "max_epochs": EPOCHS}
    tried = product(DROPOUTS if hidden else (0.0,), DECAYS)
    tuned = [Spec(learner, {**fixed, "dropout": rate, "weight_decay": decay}) for rate, decay in tried]
    texts = any(field.type == "text" for field in run.dataset.typed_fields)
    pairs = {"C": "cv", "numbers": "scaled", **({"text": "words+embeddings"} if texts else {})}
    return [Spec(learner, settings), *tuned, Spec("logistic", recipe_settings(run.dataset, "logistic", pairs))]


def request_beside_tuned(run: ModelRun, *, user: User | None = None, background: bool = True) -> Job:
    """The sweep of `tuned_alternatives` on the run's rows; the same question is the same job."""
    return request_sweep(
        run.dataset, tuned_alternatives(run), SEEDS, snapshot=run.snapshot, user=user, background=background
    )
