from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.models import CostMatrix, Dataset, Job, PredictionSet, Snapshot
from modeling.core.fitting.stored import GrowthFound, Metrics, RecipesFound, Resolved, Settings
from modeling.core.proving.stored import CostReportJson


class RecipeQuerySet(models.QuerySet["Recipe"]):
    def alike(self, dataset: Dataset, learner: str, settings: Settings, seed: int) -> "RecipeQuerySet":
        """Those that say exactly this, the named one first."""
        found = self.filter(dataset=dataset, learner=learner, settings=settings, seed=seed)
        return found.order_by(models.Case(models.When(name="", then=1), default=0), "id")


class Recipe(models.Model):
    """Features + learner + regularization + seed. A name is given when the recipe is built, or never."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="recipes")
    name = models.CharField(max_length=80, blank=True)
    learner = models.CharField(max_length=40)
    settings: "models.JSONField[Settings, Settings]" = models.JSONField()
    seed = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    objects = RecipeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], condition=~models.Q(name=""), name="recipe_name_once")
        ]

    def __str__(self) -> str:
        shown = ", ".join(f"{key} = {value}" for key, value in sorted(self.settings.items()))
        return f"{self.learner}, {shown}" if shown else self.learner


class ModelRun(models.Model):
    """One recipe trained on one snapshot. `artifact` is a skops file; `predictions` holds out-of-fold probabilities."""

    recipe = models.ForeignKey(Recipe, models.RESTRICT, related_name="runs")
    snapshot = models.ForeignKey(Snapshot, models.RESTRICT, related_name="runs")
    job = models.ForeignKey(Job, models.SET_NULL, null=True)
    like = models.ForeignKey("self", models.RESTRICT, null=True, help_text="the run whose resolved settings were used")
    resolved: "models.JSONField[Resolved, Resolved]" = models.JSONField()
    converged = models.BooleanField()
    solver_status = models.TextField()
    at_chance = models.BooleanField()
    metrics: "models.JSONField[Metrics, Metrics]" = models.JSONField()
    parameter_hash = models.CharField(max_length=64)
    environment: "models.JSONField[dict[str, str], dict[str, str]]" = models.JSONField()
    artifact = models.CharField(max_length=80)
    predictions = models.OneToOneField(PredictionSet, models.RESTRICT)
    seconds = models.FloatField()
    cpu_seconds = models.FloatField(null=True, help_text="processor time of features, fit and check out of fold")
    predict_seconds = models.FloatField(null=True, help_text="processor time to predict 1,000 rows")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"run {self.pk}"

    def asked(self, kind: str) -> models.QuerySet[Job]:
        """The jobs of a kind that were asked for about this run, the newest first."""
        return self.dataset.jobs.filter(kind=kind, params__run=self.pk).order_by("-id")

    @property
    def dataset(self) -> Dataset:
        return self.snapshot.dataset


class Sweep(models.Model):
    """What many runs on one snapshot say together; `found` holds every figure, all of them out of fold.

    RECIPES: recipes × seeds, and the simplest not distinguishable from the best. CAPACITY: one recipe as it grows, with
    and without regularization, on the labels of `snapshot` and on those of `earlier`.
    """

    RECIPES, CAPACITY = "recipes", "capacity"

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="sweeps")
    kind = models.CharField(max_length=10, choices={RECIPES: "recipes", CAPACITY: "capacity"})
    snapshot = models.ForeignKey(Snapshot, models.RESTRICT, related_name="+")
    earlier = models.ForeignKey(Snapshot, models.RESTRICT, null=True, related_name="+")
    job = models.ForeignKey(Job, models.SET_NULL, null=True)
    found = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"sweep {self.pk}"

    @property
    def recipes_found(self) -> RecipesFound:
        """What it found, of one of the kind RECIPES."""
        return self.found

    @property
    def growth_found(self) -> GrowthFound:
        """What it found, of one of the kind CAPACITY."""
        return self.found


class RunCost(models.Model):
    """What a run costs under one version of the costs; `report` holds every figure."""

    run = models.ForeignKey(ModelRun, models.CASCADE, related_name="costs")
    costs = models.ForeignKey(CostMatrix, models.RESTRICT, related_name="+")
    report: "models.JSONField[CostReportJson, CostReportJson]" = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "costs"], name="run_priced_once")]


class SynonymRuling(models.Model):
    """A lead's word on whether two words (in lower case, the lesser first) mean the same here; the latest counts."""

    ACCEPTED, REJECTED = "accepted", "rejected"
    RULINGS = {name: name for name in (ACCEPTED, REJECTED)}

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="synonym_rulings")
    first = models.CharField(max_length=60)
    second = models.CharField(max_length=60)
    ruling = models.CharField(max_length=8, choices=RULINGS)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, help_text="empty = by command")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["dataset", "first", "second"], name="synonym_pair")]
        constraints = [
            models.CheckConstraint(condition=models.Q(ruling__in=["accepted", "rejected"]), name="synonym_ruling_known")
        ]
