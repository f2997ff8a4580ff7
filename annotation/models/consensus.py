from django.conf import settings
from django.db import models
from django.utils import timezone

from annotation.core.crowd.stored import AnnotatorEntry, MethodScores
from annotation.models.dataset import Dataset


class Consensus(models.Model):
    """One estimate of what the annotators together say and how good each of them is.

    methods: method → how well it predicts held-out annotators, with its interval and n. skills: one entry per
    annotator. `arrays` names the artifact with items, posterior probabilities and confusion matrices. `applied` says
    whether current labels were settled by it.
    """

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="consensus_runs")
    method = models.CharField(max_length=30)
    methods: "models.JSONField[dict[str, MethodScores], dict[str, MethodScores]]" = models.JSONField()
    skills: "models.JSONField[list[AnnotatorEntry], list[AnnotatorEntry]]" = models.JSONField()
    arrays = models.CharField(max_length=80)
    n_items = models.PositiveIntegerField()
    n_labels = models.PositiveIntegerField()
    applied = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
