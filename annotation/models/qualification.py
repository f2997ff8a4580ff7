from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from annotation.models.dataset import Dataset, LabelClass, Membership
from annotation.models.item import Item


class GoldQuerySet(models.QuerySet["Gold"]):
    def known(self) -> "GoldQuerySet":
        """The latest word on each item, where that names a class that is one today."""
        later = Gold.objects.filter(item=OuterRef("item"), id__gt=OuterRef("id"))
        meant = Q(label_class__retired_at=None) | Q(label_class__became__isnull=False)
        return self.filter(~Exists(later), meant, label_class__isnull=False)


class Gold(models.Model):
    """An item whose answer is known; append-only, its latest row counts. Without a class it is gold no more."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="gold")
    item = models.ForeignKey(Item, models.CASCADE, related_name="gold")
    label_class = models.ForeignKey(LabelClass, models.RESTRICT, null=True)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = GoldQuerySet.as_manager()


class QualificationTest(models.Model):
    """A short test before real cases: of the whole dataset, or of one class. `bar` is the share of right answers, in
    (0, 1], that passes."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="tests")
    label_class = models.ForeignKey(LabelClass, models.CASCADE, null=True, blank=True)
    bar = models.FloatField(default=0.7)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)


class QuestionOfTest(models.Model):
    """An item of a test and its right answer."""

    test = models.ForeignKey(QualificationTest, models.CASCADE, related_name="questions")
    item = models.ForeignKey(Item, models.CASCADE)
    label_class = models.ForeignKey(LabelClass, models.RESTRICT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["test", "item"], name="question_once_per_test")]


class QualificationResult(models.Model):
    """How somebody did in a test: `right` of `n`. Append-only; the latest of a test counts."""

    test = models.ForeignKey(QualificationTest, models.CASCADE, related_name="results")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    right = models.PositiveSmallIntegerField()
    n = models.PositiveSmallIntegerField()
    passed = models.BooleanField()
    created_at = models.DateTimeField(default=timezone.now)


class Pause(models.Model):
    """An expert is paused, or goes on again; append-only, the latest of a member counts. `lead` None = the bar did."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="pauses")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    paused = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)


class Invitation(models.Model):
    """A link by which one person becomes a member; `digest` is the SHA-256 of its secret, which is shown once."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="invitations")
    digest = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=10, choices={Membership.EXPERT: "expert", Membership.LEAD: "lead"})
    name = models.CharField(max_length=150, blank=True, help_text="for whom it is, in the lead's words")
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField()
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
