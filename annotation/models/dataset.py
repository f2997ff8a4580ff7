from collections.abc import Sequence
from typing import TypeAlias

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Case, Expression, F, When
from django.utils import timezone

from annotation.core.classes import Classes
from annotation.core.fields import Field, FieldJson
from annotation.models.people import User

# Kinds of changes after which no class stands for one that there was → how that is said.
ENDED = {"split": "was split", "retire": "was retired"}


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def for_user(self, user: User) -> "DatasetQuerySet":
        return self.filter(membership__user=user).distinct().order_by("name")


class Dataset(models.Model):
    """A labelling problem: typed fields, label classes, guidelines, members, items and one deciding metric."""

    EXPECTED_COST = "expected_cost"
    METRICS = {"accuracy": "accuracy", "macro_f1": "macro F1", EXPECTED_COST: "expected cost"}

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    question = models.CharField(max_length=200, default="Which label is right?")
    fields: "models.JSONField[list[FieldJson], list[FieldJson]]" = models.JSONField(
        default=list, help_text='[{"name": "body", "type": "text"}, …]'
    )
    metric = models.CharField(max_length=20, default="accuracy", choices=METRICS)
    planned_looks = models.PositiveSmallIntegerField(default=10)
    worthwhile = models.FloatField(default=0.01, help_text="smallest difference worth having, of accuracy or macro F1")
    worthwhile_cost = models.FloatField(null=True, help_text="the same of costs per 1,000 items; empty = nobody said")
    synthetic = models.BooleanField(default=False, help_text="made by a generator; every page says so")
    archived_at = models.DateTimeField(null=True, help_text="put away: listed apart, and nobody is asked about it")
    created_at = models.DateTimeField(default=timezone.now)

    objects = DatasetQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def typed_fields(self) -> tuple[Field, ...]:
        return tuple(Field(field["name"], field["type"]) for field in self.fields)

    def meaning_of(self, field: str, code: object) -> str:
        """What a code of a category means, "" where nobody said."""
        meanings = next((one.get("meanings", {}) for one in self.fields if one["name"] == field), {})
        return meanings.get(str(code), "")

    @property
    def class_names(self) -> tuple[str, ...]:
        """Those in use, in their order."""
        return tuple(self.label_classes.in_use().values_list("name", flat=True))

    @property
    def classes(self) -> Classes:
        """Those in use, and what stands today for the others."""
        rows = list(self.label_classes.values_list("name", "retired_at", "became__name"))
        gone = {name: now for name, retired_at, now in rows if retired_at}
        standing = self.class_changes.filter(kind__in=ENDED, undone_by=None).order_by("id") if gone else ()
        ended = {
            source.name: f"{ENDED[change.kind]} on {change.created_at:%-d %B %Y}"
            for change in standing for source in change.sources.all()
        }  # fmt: skip
        return Classes(tuple(name for name, retired_at, _ in rows if retired_at is None), gone, ended)

    @property
    def guideline(self) -> "Guideline | None":
        return self.guidelines.order_by("-version").first()

    @property
    def costs(self) -> "CostMatrix | None":
        """What errors cost now; None where nobody has said."""
        return self.cost_matrices.order_by("-version").first()

    def role_of(self, user: User) -> str | None:
        return self.membership_set.filter(user=user).values_list("role", flat=True).first()


class LabelClassQuerySet(models.QuerySet["LabelClass"]):
    def in_use(self) -> "LabelClassQuerySet":
        """Those that are offered, trained, detected and scored."""
        return self.filter(retired_at=None)


class LabelClass(models.Model):
    """One of the labels an item can carry, in the order of its key on the expert's page.

    Its name never changes, as labels, snapshots and runs say it for ever. A class that was renamed or merged is retired
    and `became` the class in use that stands for it now; one that was split or given up became none.
    """

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="label_classes")
    name = models.CharField(max_length=100)
    meaning = models.CharField(max_length=200, blank=True)
    group = models.CharField(max_length=100, blank=True, help_text="heading under which it stands among many")
    position = models.PositiveIntegerField()
    retired_at = models.DateTimeField(null=True, help_text="no longer offered since")
    became = models.ForeignKey("self", models.RESTRICT, null=True, related_name="stands_for")

    objects = LabelClassQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="class_once_per_dataset"),
            models.CheckConstraint(
                condition=models.Q(became=None) | models.Q(retired_at__isnull=False), name="only_the_retired_became"
            ),
        ]

    def __str__(self) -> str:
        return self.name


def class_now(path: str = "label_class") -> Expression:
    """For a query: id of the class in use that stands for the one at `path`; NULL where none does."""
    in_use = When(**{f"{path}__retired_at": None, f"{path}__isnull": False}, then=F(path))
    return Case(in_use, default=F(f"{path}__became"))


def name_now(path: str = "label_class") -> Expression:
    """For a query: name of the class in use that stands for the one at `path`; NULL where none does."""
    in_use = When(**{f"{path}__retired_at": None, f"{path}__isnull": False}, then=F(f"{path}__name"))
    return Case(in_use, default=F(f"{path}__became__name"))


class Membership(models.Model):
    """What a user may do in a dataset. Without a row a user sees nothing of it."""

    EXPERT, LEAD = "expert", "lead"

    dataset = models.ForeignKey(Dataset, models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    role = models.CharField(max_length=10, choices={EXPERT: "expert", LEAD: "lead"})
    adjudicates = models.BooleanField(default=False, help_text="may settle cases on which experts differ, as leads may")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "user"], name="one_role_per_dataset")]


class Guideline(models.Model):
    """A version of the text on how to label. Each decision knows the version it was made under."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="guidelines")
    closes_gap = models.ForeignKey(
        "annotation.Decision", models.SET_NULL, null=True, related_name="+", help_text="the adjudication that found it"
    )
    version = models.PositiveIntegerField()
    text = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "version"], name="guideline_version_once")]


# True class, predicted class, cost; read from JSON a list of the three.
CostPair: TypeAlias = tuple[str, str, float]


class CostMatrix(models.Model):
    """What errors cost, in `unit`: a version of it; the newest counts.

    `default` is the cost of any error, 0 that of a right prediction; `pairs` are [true class, predicted class, cost] in
    their place.
    """

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="cost_matrices")
    version = models.PositiveIntegerField()
    default = models.FloatField()
    pairs: "models.JSONField[Sequence[CostPair], list[CostPair]]" = models.JSONField(default=list)
    unit = models.CharField(max_length=12)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "version"], name="cost_version_once"),
            models.CheckConstraint(condition=models.Q(default__gte=0), name="default_cost_from_0"),
        ]

    def __str__(self) -> str:
        return f"costs version {self.version}"


class Reason(models.Model):
    """One entry of the lead's list of reasons an expert can tick."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="reasons")
    text = models.CharField(max_length=120)
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["dataset", "text"], name="reason_once_per_dataset")]

    def __str__(self) -> str:
        return self.text


class AnnotatorQuerySet(models.QuerySet["Annotator"]):
    def of_files(self) -> "AnnotatorQuerySet":
        """Names out of files, linked to a user or not; not what users answer here."""
        return self.filter(own=False)

    def still_here(self) -> "AnnotatorQuerySet":
        """Those of whom a label was not taken back with its import."""
        labels = apps.get_model("annotation", "Label").objects.filter(annotator=models.OuterRef("pk"))
        there = labels.filter(label_class__isnull=False).exclude(item__split="taken_back")
        # the first by the index of each annotator's labels; of "is there any" PostgreSQL makes a join of all labels
        first = there.exclude(brought_by__taken_back__isnull=False).order_by("id").values("id")[:1]
        return self.alias(first_label=models.Subquery(first)).filter(first_label__isnull=False)

    def of_user(self, dataset: Dataset, user: User) -> "Annotator":
        """The annotator under whom `user` answers cases: found by the user, never by the name, which somebody else may
        have had before; the @ keeps it apart from names out of files."""
        mine = self.filter(dataset=dataset, user=user, own=True).first()
        if mine:
            return mine
        name = f"@{user.get_username()}"
        taken = self.filter(dataset=dataset, name=name).exists()
        names = {"name": f"{name} ({user.pk})" if taken else name}
        return self.get_or_create(dataset=dataset, user=user, own=True, defaults=names)[0]


class Annotator(models.Model):
    """Whoever gave a label: a user (`own`, for what they answer here), or a name from a file that a lead can link to
    one."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="annotators")
    name = models.CharField(max_length=200)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    own = models.BooleanField(default=False)

    objects = AnnotatorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="annotator_once_per_dataset"),
            models.UniqueConstraint(
                fields=["dataset", "user"], condition=models.Q(own=True), name="one_own_annotator_per_user"
            ),
        ]

    def __str__(self) -> str:
        return self.name
