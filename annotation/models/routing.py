from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotation.core.crowd.stored import SkillEstimateJson
from annotation.models.dataset import Annotator, Dataset, LabelClass

SHARE = Q(gold_share__gte=0, gold_share__lte=0.5) & Q(repeat_share__gte=0, repeat_share__lte=0.5)


class RoutingRules(models.Model):
    """By which rules cases find their experts: a version of them; the newest counts, the defaults where there is none.

    overlap: independent answers wanted for a case; overlap_doubtful: for a contested one, or one whose probability lies
    from `unsure_from` to `unsure_to`. most_answers: experts asked before an adjudicator is. sure: chance of one class,
    in [0, 1], at which nobody else is asked. least_skill: chance of a right answer below which an expert is passed
    over, in [0, 1]. load_cap: decisions a day, None = any number. Shares are of the cases handed out.
    """

    EXPERT, ADJUDICATOR, LEAD, ASIDE = "expert", "adjudicator", "lead", "aside"
    DISAGREEING = {EXPERT: "another expert is asked", ADJUDICATOR: "an adjudicator settles it"}
    WAYS = {EXPERT: "another expert is asked", LEAD: "the lead decides", ASIDE: "it is set aside"}
    EACH, SECOND_VIEW = "each", "second_view"
    DIFFERENT = {EACH: "each member is asked about alone, blind", SECOND_VIEW: "the labels are shown, not blind"}

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="routing_rules")
    version = models.PositiveIntegerField()
    overlap = models.PositiveSmallIntegerField(default=1)
    overlap_doubtful = models.PositiveSmallIntegerField(default=2)
    unsure_from = models.FloatField(default=0.35)
    unsure_to = models.FloatField(default=0.65)
    most_answers = models.PositiveSmallIntegerField(default=3)
    sure = models.FloatField(default=0.95)
    on_disagreement = models.CharField(max_length=12, choices=DISAGREEING, default=ADJUDICATOR)
    names_hidden = models.BooleanField(default=True)
    least_skill = models.FloatField(default=0.0)
    load_cap = models.PositiveIntegerField(null=True, blank=True)
    gold_share = models.FloatField(default=0.05)
    repeat_share = models.FloatField(default=0.05)
    gold_feedback = models.BooleanField(default=False)
    bar = models.FloatField(default=0.7)
    on_not_my_field = models.CharField(max_length=12, choices=WAYS, default=EXPERT)
    on_unclear = models.CharField(max_length=12, choices=WAYS, default=LEAD)
    on_bad_input = models.CharField(max_length=12, choices=WAYS, default=ASIDE)
    on_different = models.CharField(max_length=12, choices=DIFFERENT, default=EACH)
    rules_for_experts = models.BooleanField(default=True)
    rule_most_cases = models.PositiveIntegerField(default=200)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "version"], name="routing_version_once"),
            models.CheckConstraint(condition=Q(overlap__gte=1, overlap_doubtful__gte=1), name="overlap_from_1"),
            models.CheckConstraint(condition=SHARE, name="check_shares_up_to_half"),
        ]


class Expertise(models.Model):
    """A field of expertise that the lead declares: cases of this source, of this class, or whose category `name` has
    this value are the member's. Measured skill stands beside it."""

    SOURCE, CLASS, VALUE = "source", "class", "value"
    KINDS = {SOURCE: "source", CLASS: "class", VALUE: "value of a category"}

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="expertise")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    kind = models.CharField(max_length=8, choices=KINDS)
    name = models.CharField(max_length=200, blank=True, help_text="the category field, for a value of it")
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "user", "kind", "name", "value"], name="expertise_once")
        ]


class Reservation(models.Model):
    """Cases whose items `annotator` called `label_class` go to `user`; a None is any."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="reservations")
    annotator = models.ForeignKey(Annotator, models.CASCADE, null=True)
    label_class = models.ForeignKey(LabelClass, models.CASCADE, null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)


class SkillEstimate(models.Model):
    """How often each expert is right, by class and source, as measured from everything up to a decision; the newest
    counts. `skill` is what `core.crowd.expert_skill` reads back; `experts` are user ids in the order of its rows."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="skill_estimates")
    n_answers = models.PositiveIntegerField()
    experts: "models.JSONField[list[int], list[int]]" = models.JSONField(default=list)
    skill: "models.JSONField[SkillEstimateJson, SkillEstimateJson]" = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)
