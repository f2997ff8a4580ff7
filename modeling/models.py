from django.db import models
from django.utils import timezone

from annotation.models import CostMatrix, Dataset, Job, PredictionSet, Snapshot


class Recipe(models.Model):
    """Features + learner + regularization + seed."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="recipes")
    learner = models.CharField(max_length=40)
    settings = models.JSONField()
    seed = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        shown = ", ".join(f"{key} = {value}" for key, value in sorted(self.settings.items()))
        return f"{self.learner}, {shown}" if shown else self.learner


class ModelRun(models.Model):
    """One recipe trained on one snapshot. `artifact` is a skops file; `predictions` holds out-of-fold probabilities."""

    recipe = models.ForeignKey(Recipe, models.RESTRICT, related_name="runs")
    snapshot = models.ForeignKey(Snapshot, models.RESTRICT, related_name="runs")
    job = models.ForeignKey(Job, models.SET_NULL, null=True)
    like = models.ForeignKey("self", models.RESTRICT, null=True, help_text="the run whose resolved settings were used")
    resolved = models.JSONField()
    converged = models.BooleanField()
    solver_status = models.TextField()
    at_chance = models.BooleanField()
    metrics = models.JSONField()
    parameter_hash = models.CharField(max_length=64)
    environment = models.JSONField()
    artifact = models.CharField(max_length=80)
    predictions = models.OneToOneField(PredictionSet, models.RESTRICT)
    seconds = models.FloatField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"run {self.pk}"

    @property
    def dataset(self) -> Dataset:
        return self.snapshot.dataset


class RunCost(models.Model):
    """What a run costs under one version of the costs; `report` holds every figure."""

    run = models.ForeignKey(ModelRun, models.CASCADE, related_name="costs")
    costs = models.ForeignKey(CostMatrix, models.RESTRICT, related_name="+")
    report = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "costs"], name="run_priced_once")]


class Comparison(models.Model):
    """Two prediction sets on one production snapshot. `proof` holds every figure; `look` counts from 1. `costs`: the
    version of the costs in force, None where there was none."""

    snapshot = models.ForeignKey(Snapshot, models.RESTRICT, related_name="comparisons")
    before = models.ForeignKey(PredictionSet, models.RESTRICT, related_name="+")
    after = models.ForeignKey(PredictionSet, models.RESTRICT, related_name="+")
    before_run = models.ForeignKey(ModelRun, models.RESTRICT, null=True, related_name="+")
    after_run = models.ForeignKey(ModelRun, models.RESTRICT, null=True, related_name="+")
    as_trained = models.ForeignKey(
        ModelRun, models.RESTRICT, null=True, related_name="+", help_text="before as first trained, where rows differ"
    )
    costs = models.ForeignKey(CostMatrix, models.RESTRICT, null=True, related_name="+")
    look = models.PositiveIntegerField()
    verdict = models.CharField(max_length=20)
    proof = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "before", "after"], name="comparison_once"),
            models.UniqueConstraint(fields=["snapshot", "look"], name="look_once"),
        ]

    @property
    def sides_of_cost(self) -> list[tuple[str, dict]]:
        """Before and after in words, with what each costs."""
        return [(side.capitalize(), self.proof["cost"][side]) for side in ("before", "after")]
