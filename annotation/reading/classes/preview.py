"""What a change of the classes would move, before anybody makes it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from annotation.core.wording import counted
from annotation.models import (
    Case,
    CaseItem,
    CurrentLabel,
    Dataset,
    Decision,
    Expertise,
    Gold,
    Item,
    Label,
    OwnKeys,
    QuestionOfTest,
    SnapshotRow,
)


@dataclass(frozen=True)
class Moves:
    """What holds the classes that would go: current labels by split, and what stays as it was said."""

    pool: int
    production: int
    labels: int
    decisions: int
    open_cases: int
    snapshots: int
    predictions: int
    gold: int
    test_questions: int
    reservations: int
    fields: int
    keys: int
    costs: int

    def sentences(self, asked: bool) -> list[str]:
        """asked: nobody knows the new class of an item, so that experts are asked about it."""
        moved = counted(self.pool + self.production, "current label")
        parts = f"{self.pool:,} in the pool, {self.production:,} in production"
        if asked:
            said = [f"{moved} ({parts}) are taken away; experts are asked about each item."]
        else:
            said = [f"{moved} ({parts}) get a row that says the new class."]
        said.append(
            f"{counted(self.labels, 'label')}, {counted(self.decisions, 'decision')}, "
            f"{counted(self.snapshots, 'snapshot')} and {counted(self.predictions, 'prediction set')} keep what they "
            "said; what they mean today follows from the change."
        )
        if asked and self.predictions:
            said.append("Runs that know the class can't be compared any more until they are trained again.")
        if self.open_cases:
            said.append(f"{counted(self.open_cases, 'open case')} over such items stay open.")
        held = {
            "gold answers": self.gold, "questions of tests": self.test_questions, "reservations": self.reservations,
            "fields of experts": self.fields, "own keys": self.keys, "costs of pairs": self.costs,
        }  # fmt: skip
        if found := [f"{what} ({n:,})" for what, n in held.items() if n]:
            ends = "count no more" if asked else "are read as the new class"
            said.append(f"Also named by them: {', '.join(found)}; these {ends}.")
        return said


def moves_of(dataset: Dataset, names: Sequence[str]) -> Moves:
    """What names the classes `names` now."""
    classes = list(dataset.label_classes.filter(name__in=names))
    meant = Q(label_class__in=classes) | Q(label_class__became__in=classes)
    held = CurrentLabel.objects.in_force().filter(item__dataset=dataset, label_class__in=classes)
    by_split = {split: held.filter(item__split=split).count() for split in (Item.POOL, Item.PRODUCTION)}
    waiting = CaseItem.objects.filter(case__dataset=dataset, case__status=Case.OPEN, item__in=held.values("item"))
    rows = SnapshotRow.objects.filter(meant, snapshot__dataset=dataset)
    known = set(names) | set(dataset.label_classes.filter(became__in=classes).values_list("name", flat=True))
    sets = dataset.prediction_sets.values_list("classes", flat=True)
    costs = dataset.costs
    keys = OwnKeys.objects.filter(dataset=dataset).values_list("keys", flat=True)
    return Moves(
        by_split[Item.POOL], by_split[Item.PRODUCTION],
        Label.objects.filter(meant, item__dataset=dataset).count(),
        Decision.objects.filter(meant, case__dataset=dataset).count(),
        waiting.values("case").distinct().count(), rows.values("snapshot").distinct().count(),
        sum(bool(known & set(one)) for one in sets), Gold.objects.known().filter(meant, dataset=dataset).count(),
        QuestionOfTest.objects.filter(meant, test__dataset=dataset).count(),
        dataset.reservations.filter(meant).count(),
        Expertise.objects.filter(dataset=dataset, kind=Expertise.CLASS, value__in=known).count(),
        sum(str(one.pk) in chosen for chosen in keys for one in classes),
        sum(bool(known & {pair[0], pair[1]}) for pair in costs.pairs) if costs else 0,
    )  # fmt: skip
