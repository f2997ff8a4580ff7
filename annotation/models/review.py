from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotation.models.dataset import Dataset, Guideline, LabelClass, Reason
from annotation.models.detection import FindingItem
from annotation.models.item import Item
from annotation.models.label import Label
from annotation.models.people import User
from annotation.models.qualification import QualificationTest


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> "CaseQuerySet":
        return self.work().filter(status=Case.OPEN)

    def work(self) -> "CaseQuerySet":
        """Without those that only test whoever answers them, and settle nothing."""
        return self.exclude(kind__in=Case.CHECKS)

    def checks_of(self, user: User) -> "CaseQuerySet":
        return self.filter(kind__in=Case.CHECKS, reserved_for=user)

    def in_order(self) -> "CaseQuerySet":
        return self.order_by("-score", "id")

    def shown(self) -> "CaseQuerySet":
        """Without those that only an audit or a draw of production opened: in a list they would stand out."""
        return self.exclude(kind__in=(Case.AUDIT, Case.PRODUCTION))

    def waiting_for(self, user: User, now: datetime) -> "CaseQuerySet":
        """Open cases for any expert or for `user` that nobody else holds."""
        held = Q(leased_until__gt=now) & ~Q(leased_to=user)
        mine = Q(reserved_for=None) | Q(reserved_for=user)
        return self.open().filter(mine, awaits=Case.EXPERTS).exclude(held)

    def in_no_hands(self, user: User, now: datetime) -> "CaseQuerySet":
        """Those of `waiting_for` that `user` does not hold either."""
        return self.waiting_for(user, now).exclude(leased_to=user, leased_until__gt=now)

    def free_for(self, user: User, now: datetime) -> "CaseQuerySet":
        """Of the cases that wait for `user` those that `user` has not skipped, and whose items `user` never labelled or
        answered without a label. Of a few cases by their ids `reading.experts.free_cases` tells the same at once."""
        own = Label.objects.counting().filter(annotator__user=user, item__case_items__case=OuterRef("pk"))
        answers = Decision.objects.standing().filter(expert=user, outcome__in=Decision.WITHOUT_LABEL)
        # who said that members differ is asked about each of them, in cases that are parts of that one
        answers = answers.exclude(outcome=Decision.DIFFERENT, case=Coalesce(OuterRef("part_of"), 0))
        answered = answers.filter(items__case_items__case=OuterRef("pk"))
        skipped = Skip.objects.standing().filter(case=OuterRef("pk"), expert=user)
        return self.waiting_for(user, now).filter(~Exists(own), ~Exists(answered), ~Exists(skipped))

    def of_finding(self, finding_id: int) -> "CaseQuerySet":
        covered = FindingItem.objects.filter(finding=finding_id).values("item")
        return self.filter(pk__in=CaseItem.objects.filter(item__in=covered).values("case"))


class Case(models.Model):
    """A unit of work for an expert: an item or a near-duplicate group, with one lease.

    `score` in [0, 1] orders the queue, 1 first. Facts about a case (decisions, skips) append; the case itself only
    moves from open to settled or withdrawn, and while it is open from one who is to answer it to another. `part_of`:
    the case whose answer opened this one. `labels_shown`: what its items carry is on the page, so an answer is not
    blind.
    """

    OPEN, SETTLED, WITHDRAWN = "open", "settled", "withdrawn"
    STATUSES = {name: name for name in (OPEN, SETTLED, WITHDRAWN)}
    REVIEW, AUDIT, PRODUCTION = "review", "audit", "production"
    GOLD, QUALIFICATION, REPEAT = "gold", "qualification", "repeat"
    CHECKS = (GOLD, QUALIFICATION, REPEAT)
    # whose answers say nothing of the pool's labels
    BESIDE_POOL = (*CHECKS, PRODUCTION)
    EXPERTS, ADJUDICATOR, LEAD, NOBODY = "experts", "adjudicator", "lead", "nobody"
    # How the reason begins of one that a lead sent back; what follows is for the expert who answers it.
    SENT_BACK = "sent back by a lead: "
    AWAITS = {EXPERTS: "an expert", ADJUDICATOR: "an adjudicator", LEAD: "the lead", NOBODY: "nobody: set aside"}

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="cases")
    kind = models.CharField(max_length=20, default=REVIEW)
    group_digest = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=STATUSES, default=OPEN)
    score = models.FloatField(default=0)
    probability = models.FloatField(null=True, help_text="calibrated chance that its labels are wrong")
    opened_at = models.DateTimeField(default=timezone.now)
    reopens = models.ForeignKey("self", models.SET_NULL, null=True)
    reopen_reason = models.CharField(max_length=200, blank=True)
    part_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="parts")
    awaits = models.CharField(max_length=12, choices=AWAITS, default=EXPERTS)
    reserved_for = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="reserved")
    test = models.ForeignKey(QualificationTest, models.CASCADE, null=True, related_name="cases")
    labels_shown = models.BooleanField(default=False)
    leased_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="leased_cases")
    leased_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["dataset", "status", "-score", "id"], name="queue_order"),
            # of those kept for somebody, and of those held, only: there are few of them among very many
            models.Index(
                fields=["dataset", "reserved_for", "status", "-score", "id"],
                condition=Q(reserved_for__isnull=False),
                name="cases_reserved",
            ),
            models.Index(
                fields=["dataset", "leased_to", "leased_until"], condition=Q(leased_to__isnull=False), name="cases_held"
            ),
            # of those that wait for somebody else than experts, whom every page tells of them
            models.Index(
                fields=["dataset", "awaits", "id"],
                condition=Q(status="open") & ~Q(awaits="experts"),
                name="cases_passed_up",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="case_score_in_unit_interval")
        ]

    @property
    def note_to_expert(self) -> str:
        """What a lead who sent it back wrote for whoever answers it; every other reason to ask again is hidden."""
        reason = self.reopen_reason
        return reason.removeprefix(self.SENT_BACK) if reason.startswith(self.SENT_BACK) else ""

    def waits_for(self, user: User, now: datetime) -> bool:
        """Whether it is one of `CaseQuerySet.waiting_for` that `user` does not hold."""
        mine = self.reserved_for_id in (None, user.pk) and self.kind not in self.CHECKS
        held = self.leased_until is not None and self.leased_until > now
        return self.status == self.OPEN and self.awaits == self.EXPERTS and mine and not held

    def held_by(self, user: User, now: datetime) -> bool:
        return self.leased_to_id == user.pk and self.leased_until is not None and self.leased_until > now


class CaseItem(models.Model):
    case = models.ForeignKey(Case, models.CASCADE, related_name="case_items")
    item = models.ForeignKey(Item, models.CASCADE, related_name="case_items")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "item"], name="item_once_per_case")]


class SkipQuerySet(models.QuerySet["Skip"]):
    def standing(self) -> "SkipQuerySet":
        """Those that were not taken back."""
        return self.filter(undone=None)


class Skip(models.Model):
    """An expert passed this case on; `reason` "" = without saying why."""

    NOT_MY_FIELD, UNCLEAR, BAD_INPUT = "not_my_field", "unclear", "bad_input"
    REASONS = {NOT_MY_FIELD: "not my field", UNCLEAR: "the guideline does not say", BAD_INPUT: "bad input"}

    case = models.ForeignKey(Case, models.CASCADE, related_name="skips")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    reason = models.CharField(max_length=12, choices=REASONS, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SkipQuerySet.as_manager()


class SkipUndo(models.Model):
    """The expert wants the case that they passed on after all."""

    skip = models.OneToOneField(Skip, models.CASCADE, related_name="undone")
    created_at = models.DateTimeField(default=timezone.now)


class DecisionQuerySet(models.QuerySet["Decision"]):
    def standing(self) -> "DecisionQuerySet":
        """Answers that were not taken back."""
        undone = Decision.objects.filter(undoes=OuterRef("pk"))
        return self.filter(~Exists(undone)).exclude(outcome=Decision.UNDO)

    def about_pool(self) -> "DecisionQuerySet":
        """Without answers to what only tests somebody, and to what is drawn from production: nothing is ever learned
        from that."""
        return self.exclude(case__kind__in=Case.BESIDE_POOL)

    def settling(self) -> "DecisionQuerySet":
        """Standing answers to settled cases: what is held for true of the pool. Of several to one case the last says
        it."""
        return self.standing().filter(case__status=Case.SETTLED).about_pool()


class Decision(models.Model):
    """An expert's answer to a case; append-only. Taking one back is a decision too, with outcome UNDO.

    `token` makes a repeated submit the same decision. `cause`: why experts differed, said by whoever settled that.
    """

    LABEL, AMBIGUOUS, DIFFERENT, BAD_INPUT, UNDO = "label", "ambiguous", "different", "bad_input", "undo"
    OUTCOMES = {
        LABEL: "label",
        AMBIGUOUS: "ambiguous",
        DIFFERENT: "legitimately different",
        BAD_INPUT: "bad input",
        UNDO: "undo",
    }
    WITHOUT_LABEL = (AMBIGUOUS, DIFFERENT, BAD_INPUT)
    SLIP, GAP, BOTH_WAYS, BROKEN = "slip", "guideline_gap", "ambiguous_item", "bad_input"
    CAUSES = {
        SLIP: "one of them slipped",
        GAP: "the guideline does not say",
        BOTH_WAYS: "the item can be read both ways",
        BROKEN: "the input is bad",
    }

    case = models.ForeignKey(Case, models.CASCADE, related_name="decisions")
    expert = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)
    token = models.UUIDField(unique=True)
    outcome = models.CharField(max_length=10, choices=OUTCOMES)
    label_class = models.ForeignKey(LabelClass, models.RESTRICT, null=True)
    undoes = models.OneToOneField("self", models.RESTRICT, null=True, related_name="undone_by")
    confidence = models.CharField(max_length=10, choices={"sure": "sure", "unsure": "not sure"}, default="sure")
    reasons = models.ManyToManyField(Reason)
    note = models.TextField(blank=True)
    seconds = models.FloatField(null=True)
    blind = models.BooleanField()
    cause = models.CharField(max_length=16, choices=CAUSES, blank=True)
    guideline = models.ForeignKey(Guideline, models.RESTRICT, null=True)
    items = models.ManyToManyField(Item, related_name="decisions")
    created_at = models.DateTimeField(default=timezone.now)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["expert", "-id"], name="decision_by_expert"),
            # of those that keep an expert from an item for good, which are few of very many
            models.Index(
                fields=["expert", "case"],
                condition=Q(outcome__in=("ambiguous", "different", "bad_input")),
                name="decision_without_label",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="label", label_class__isnull=False) | ~Q(outcome="label"), name="label_has_class"
            ),
            models.CheckConstraint(
                condition=Q(outcome="undo", undoes__isnull=False) | ~Q(outcome="undo"), name="undo_names_a_decision"
            ),
        ]

    @property
    def said(self) -> str:
        """The answer in words: the class, or the outcome that is none."""
        return self.label_class.name if self.label_class else self.get_outcome_display()


class ClosedPair(models.Model):
    """Two contents an expert called legitimately different, the lesser digest first; counts while that stands."""

    dataset = models.ForeignKey(Dataset, models.CASCADE)
    decision = models.ForeignKey(Decision, models.CASCADE)
    first = models.CharField(max_length=64)
    second = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["dataset", "first", "second"], name="closed_pair")]
