"""Recipes, runs, sweeps, comparisons and rulings are facts: the operator reads them, nobody edits them."""

from django.contrib import admin

from annotation.admin import ReadOnly
from modeling.models import (
    Attribution,
    Comparison,
    Diagnosis,
    Look,
    ModelInUse,
    ModelRun,
    Recipe,
    RunCost,
    Steering,
    StopRule,
    Sweep,
    SynonymRuling,
)


@admin.register(Recipe)
class RecipeAdmin(ReadOnly):
    list_display = ("id", "dataset", "name", "learner", "settings", "seed", "created_at")


@admin.register(ModelRun)
class ModelRunAdmin(ReadOnly):
    list_display = ("id", "dataset", "recipe", "snapshot", "converged", "seconds", "created_at")
    list_select_related = ("recipe", "snapshot__dataset")


@admin.register(Sweep)
class SweepAdmin(ReadOnly):
    list_display = ("id", "dataset", "kind", "snapshot", "created_at")
    list_select_related = ("dataset", "snapshot")


@admin.register(RunCost)
class RunCostAdmin(ReadOnly):
    list_display = ("id", "run", "costs", "created_at")
    list_select_related = ("run", "costs")


@admin.register(Comparison)
class ComparisonAdmin(ReadOnly):
    list_display = ("id", "snapshot", "before_run", "after_run", "look", "verdict", "created_at")
    list_select_related = ("snapshot", "before_run", "after_run")


@admin.register(SynonymRuling)
class SynonymRulingAdmin(ReadOnly):
    list_display = ("id", "dataset", "first", "second", "ruling", "lead", "created_at")
    list_select_related = ("dataset", "lead")


@admin.register(Look)
class LookAdmin(ReadOnly):
    list_display = ("id", "snapshot", "kind", "created_at")
    list_select_related = ("snapshot",)


@admin.register(Attribution, Diagnosis)
class ReadingAdmin(ReadOnly):
    list_display = ("id", "snapshot", "created_at")
    list_select_related = ("snapshot",)


@admin.register(Steering)
class SteeringAdmin(ReadOnly):
    list_display = ("id", "comparison", "diagnosis", "lead", "created_at")
    list_select_related = ("comparison", "diagnosis", "lead")


@admin.register(ModelInUse)
class ModelInUseAdmin(ReadOnly):
    list_display = ("id", "dataset", "run", "predictions", "lead", "created_at")
    list_select_related = ("dataset", "run", "predictions", "lead")


@admin.register(StopRule)
class StopRuleAdmin(ReadOnly):
    list_display = ("id", "dataset", "least_gain", "lead", "created_at")
    list_select_related = ("dataset", "lead")
