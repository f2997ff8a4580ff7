"""What production sets were read for, and what was found."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.models import Case, CostMatrix, Dataset, Job, PredictionSet, Snapshot
from modeling.core.proving.stored import ComparisonProof, SideMoney
from modeling.core.watching.stored import ReturnsJson
from modeling.models.runs import ModelRun


class Comparison(models.Model):
    """Two prediction sets on one production snapshot. `proof` holds every figure; `look` counts from 1, None where the
    comparison was refused and no label was read. `costs`: the version of the costs in force, None where there was none.
    `question`: SHA-256 of by what it was decided (metric, costs, worthwhile difference, planned looks)."""

    snapshot = models.ForeignKey(Snapshot, models.RESTRICT, related_name="comparisons")
    before = models.ForeignKey(PredictionSet, models.RESTRICT, related_name="+")
    after = models.ForeignKey(PredictionSet, models.RESTRICT, related_name="+")
    before_run = models.ForeignKey(ModelRun, models.RESTRICT, null=True, related_name="+")
    after_run = models.ForeignKey(ModelRun, models.RESTRICT, null=True, related_name="+")
    as_trained = models.ForeignKey(
        ModelRun, models.RESTRICT, null=True, related_name="+", help_text="before as first trained, where rows differ"
    )
    costs = models.ForeignKey(CostMatrix, models.RESTRICT, null=True, related_name="+")
    question = models.CharField(max_length=64, blank=True)
    look = models.PositiveIntegerField(null=True)
    verdict = models.CharField(max_length=20)
    proof: "models.JSONField[ComparisonProof, ComparisonProof]" = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "before", "after", "question"], name="question_asked_once"),
        ]

    @property
    def sides_of_cost(self) -> list[tuple[str, SideMoney]]:
        """Before and after in words, with what each costs; empty where there were no costs."""
        cost = self.proof["cost"]
        return [("Before", cost["before"]), ("After", cost["after"])] if cost else []


class Attribution(models.Model):
    """How much of a gain came from labels and how much from regularization: old and new of both, trained with several
    seeds and scored on one production snapshot. `found` holds every figure."""

    snapshot = models.ForeignKey(Snapshot, models.RESTRICT, related_name="attributions")
    before_run = models.ForeignKey(ModelRun, models.RESTRICT, related_name="+")
    after_run = models.ForeignKey(ModelRun, models.RESTRICT, related_name="+")
    job = models.ForeignKey(Job, models.SET_NULL, null=True)
    found = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)


class Diagnosis(models.Model):
    """What a run's next gain is expected from: labels, fit, more data, coverage, or nothing. `found` holds every
    figure; `snapshot`: the production set that was read for it."""

    snapshot = models.ForeignKey(Snapshot, models.RESTRICT, related_name="diagnoses")
    run = models.ForeignKey(ModelRun, models.RESTRICT, related_name="+")
    job = models.ForeignKey(Job, models.SET_NULL, null=True)
    found = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)


class ReturnCurve(models.Model):
    """What decisions brought: the recipe of `run` trained on the labels as they stood after ever more of them, scored
    on one production snapshot, or out of fold where there is none. `found` holds every figure."""

    run = models.ForeignKey(ModelRun, models.RESTRICT, related_name="+")
    snapshot = models.ForeignKey(Snapshot, models.RESTRICT, null=True, related_name="return_curves")
    job = models.ForeignKey(Job, models.SET_NULL, null=True)
    found: "models.JSONField[ReturnsJson, ReturnsJson]" = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)


class Look(models.Model):
    """One reading of a production snapshot's labels. Every snapshot that shares rows with it inherits it."""

    COMPARISON, ATTRIBUTION, DIAGNOSIS, RETURNS = "comparison", "attribution", "diagnosis", "returns"
    KINDS = {name: name for name in (COMPARISON, ATTRIBUTION, DIAGNOSIS, RETURNS)}

    snapshot = models.ForeignKey(Snapshot, models.RESTRICT, related_name="looks")
    kind = models.CharField(max_length=12, choices=KINDS)
    comparison = models.OneToOneField(Comparison, models.CASCADE, null=True, related_name="+")
    attribution = models.OneToOneField(Attribution, models.CASCADE, null=True, related_name="+")
    diagnosis = models.OneToOneField(Diagnosis, models.CASCADE, null=True, related_name="+")
    returns = models.OneToOneField(ReturnCurve, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)


class Steering(models.Model):
    """Cases that a lead opened because of what the labels of a production set showed, in a comparison or a diagnosis:
    from then on what the set says of labels decided later is exploratory, and so it is of every set that shares rows
    with it."""

    comparison = models.ForeignKey(Comparison, models.RESTRICT, null=True, related_name="steerings")
    diagnosis = models.ForeignKey(Diagnosis, models.RESTRICT, null=True, related_name="steerings")
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, help_text="empty = by command")
    cases = models.ManyToManyField(Case, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(comparison__isnull=False, diagnosis__isnull=True)
                | models.Q(comparison__isnull=True, diagnosis__isnull=False),
                name="steered_by_one",
            )
        ]


class ModelInUse(models.Model):
    """The run, or the prediction set from elsewhere, that a lead names as live; the newest row counts."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="models_in_use")
    run = models.ForeignKey(ModelRun, models.RESTRICT, null=True, related_name="+")
    predictions = models.ForeignKey(PredictionSet, models.RESTRICT, null=True, related_name="+")
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, help_text="empty = by command")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(run__isnull=False, predictions__isnull=True)
                | models.Q(run__isnull=True, predictions__isnull=False),
                name="model_in_use_is_one",
            )
        ]


class LiveAlert(models.Model):
    """The model in use fell below its interval in a batch of production, told once. `found` holds the figures."""

    in_use = models.ForeignKey(ModelInUse, models.CASCADE, related_name="alerts")
    batch = models.CharField(max_length=80, help_text="the week, or the source and the week")
    found = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["in_use", "batch"], name="alert_told_once")]


class StopRule(models.Model):
    """Relabelling is worth its time while the next 100 decisions should gain `least_gain` of accuracy, in [0, 1]; the
    newest row counts."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="stop_rules")
    least_gain = models.FloatField()
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, help_text="empty = by command")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(least_gain__gte=0, least_gain__lte=1), name="least_gain_share")
        ]
