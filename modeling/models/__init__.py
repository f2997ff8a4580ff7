"""The tables of models and proof."""

from modeling.models.proof import Attribution, Comparison, Diagnosis, LiveAlert, Look, ModelInUse, Steering, StopRule
from modeling.models.runs import ModelRun, Recipe, RunCost, Sweep, SynonymRuling

__all__ = [
    "Attribution",
    "Comparison",
    "Diagnosis",
    "LiveAlert",
    "Look",
    "ModelInUse",
    "ModelRun",
    "Recipe",
    "RunCost",
    "Steering",
    "StopRule",
    "Sweep",
    "SynonymRuling",
]
