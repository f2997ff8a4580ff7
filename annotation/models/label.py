from typing import Any

from django.db import models
from django.db.models import Case, Exists, Expression, F, OuterRef, Q, Subquery, Value, When
from django.utils import timezone

from annotation.models.changes import ClassChange
from annotation.models.dataset import Annotator, LabelClass
from annotation.models.item import FileImport, Item

# The bases of what experts settled, and of what files said.
DECIDED = ("decision", "adjudication")
OF_FILES = ("import", "consensus")
# A row that only gives a class its other name or place keeps the decision it rests on.
DECIDED_ROW = Q(basis__in=DECIDED) | Q(basis="class change", decision__isnull=False)


def basis_now() -> Expression:
    """For a query of current labels: what each rests on, beneath any change of classes; of a label that no expert
    settled that is *class change*, where its class changed."""
    changed, judged = Q(basis="class change"), Q(decision__isnull=False)
    return Case(
        When(changed & judged & Q(decision__cause=""), then=Value("decision")),
        When(changed & judged, then=Value("adjudication")),
        default=F("basis"),
    )  # fmt: skip


def _of_the_same() -> models.QuerySet["Label"]:
    return Label.objects.filter(item=OuterRef("item"), annotator=OuterRef("annotator"))


def _row_of(rows: models.QuerySet[Any], order: str) -> Q:
    """A condition: the row is the first of `rows` in this order.

    The database looks each up by its index. Written as "no other row comes first" PostgreSQL makes a join of it, and
    one of every label with every other before it knows what a table holds: 48 s for 60,000 labels just imported.
    """
    return Q(pk=Subquery(rows.order_by(order).values("pk")[:1]))


class LabelQuerySet(models.QuerySet["Label"]):
    def counting(self) -> "LabelQuerySet":
        """Each annotator's latest answer for an item, without abstentions and without classes that became none: who
        gave one of these has said nothing that counts today. `class_now` and `name_now` say what the others mean."""
        meant = Q(label_class__retired_at=None) | Q(label_class__became__isnull=False)
        return self.filter(_row_of(_of_the_same(), "-id"), meant, label_class__isnull=False)

    def superseded(self) -> "LabelQuerySet":
        """Labels in whose place the same annotator's later answer for the item counts."""
        return self.filter(Exists(_of_the_same().filter(id__gt=OuterRef("id"))), label_class__isnull=False)


class Label(models.Model):
    """One annotator's answer for one item; append-only. Without a class it abstains, or takes an answer back."""

    IMPORT, EXPERT = "import", "expert"

    item = models.ForeignKey(Item, models.CASCADE, related_name="labels")
    # by the index `label_by_annotator`, which an index of its own would only repeat
    annotator = models.ForeignKey(Annotator, models.RESTRICT, related_name="labels", db_index=False)
    label_class = models.ForeignKey(LabelClass, models.RESTRICT, null=True)
    origin = models.CharField(max_length=10, choices={IMPORT: "import", EXPERT: "expert"})
    seconds = models.FloatField(null=True)
    given_at = models.DateTimeField(null=True)
    brought_by = models.ForeignKey(FileImport, models.RESTRICT, null=True, related_name="brought_labels")
    created_at = models.DateTimeField(default=timezone.now)

    objects = LabelQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["item", "annotator", "id"], name="label_latest"),
            models.Index(fields=["annotator", "id"], name="label_by_annotator"),
        ]


class CurrentLabelQuerySet(models.QuerySet["CurrentLabel"]):
    def in_force(self) -> "CurrentLabelQuerySet":
        """The row in force for each item."""
        return self.filter(_row_of(CurrentLabel.objects.filter(item=OuterRef("item")), "-id"))

    def decided(self) -> "CurrentLabelQuerySet":
        """Those that rest on what an expert settled, under whatever name the class has had since."""
        # a range of decisions is in an index of the few rows that have one, what a row rests on is in none
        return self.filter(DECIDED_ROW, decision__gt=0)

    def undecided(self) -> "CurrentLabelQuerySet":
        return self.exclude(DECIDED_ROW)

    def as_imported(self) -> "CurrentLabelQuerySet":
        """The first label each item got from a file or from what files agreed on; none for an item that got none."""
        of_files = CurrentLabel.objects.filter(basis__in=OF_FILES, label_class__isnull=False)
        return self.filter(_row_of(of_files.filter(item=OuterRef("item")), "id"))


class CurrentLabel(models.Model):
    """What the dataset holds true for an item from a moment on; append-only, written only by `settle()`.

    Only a row in state LABELLED has a class, one in use. Every other state keeps the item out of snapshots.
    """

    LABELLED, CONTESTED, AMBIGUOUS, BAD_INPUT = "labelled", "contested", "ambiguous", "bad_input"
    STATES = {LABELLED: "labelled", CONTESTED: "contested", AMBIGUOUS: "ambiguous", BAD_INPUT: "bad input"}
    BASES = {name: name for name in ("import", "consensus", "decision", "adjudication", "class change")}

    item = models.ForeignKey(Item, models.CASCADE, related_name="current_labels")
    label_class = models.ForeignKey(LabelClass, models.RESTRICT, null=True)
    state = models.CharField(max_length=10, choices=STATES)
    basis = models.CharField(max_length=12, choices=BASES)
    decision = models.ForeignKey("annotation.Decision", models.RESTRICT, null=True)
    class_change = models.ForeignKey(ClassChange, models.RESTRICT, null=True, related_name="current_labels")
    created_at = models.DateTimeField(default=timezone.now)

    objects = CurrentLabelQuerySet.as_manager()

    @property
    def is_decided(self) -> bool:
        """It rests on what an expert settled, as those of `decided`."""
        return self.basis in DECIDED or (self.basis == "class change" and self.decision_id is not None)

    class Meta:
        indexes = [models.Index(fields=["item", "id"], name="current_label_latest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="labelled", label_class__isnull=False)
                | (~models.Q(state="labelled") & models.Q(label_class__isnull=True)),
                name="class_only_when_labelled",
            )
        ]
