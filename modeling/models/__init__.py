"""The tables of models and proof."""

from modeling.models.proof import (
    Attribution,
    Comparison,
    Diagnosis,
    LiveAlert,
    Look,
    ModelInUse,
    ReturnCurve,
    Steering,
    StopRule,
)
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
    "ReturnCurve",
    "RunCost",
    "Steering",
    "StopRule",
    "Sweep",
    "SynonymRuling",
]
