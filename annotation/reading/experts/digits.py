"""Which classes stand on the digits of an expert's page: those of their own choice, then those they use most."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from annotation.models import Dataset, Decision, LabelClass, OwnKeys, User

DIGITS = 9
# Digits that move under a practised hand cost more than they save: use is counted anew after so many answers.
STEP = 25
LATEST = 500


def own_keys(dataset: Dataset, user: User) -> OwnKeys:
    """What `user` chose, a class that became another as that one; unsaved and without a choice where they chose
    nothing."""
    found = OwnKeys.objects.filter(dataset=dataset, user=user).first() or OwnKeys(dataset=dataset, user=user)
    if found.keys:
        rows = dataset.label_classes.filter(became__isnull=False).values_list("id", "became")
        became = {str(was): str(now) for was, now in rows}
        found.keys = {became.get(pk, pk): digit for pk, digit in sorted(found.keys.items(), key=_latest_last(became))}
    return found


def _latest_last(became: Mapping[str, str]) -> Callable[[tuple[str, str]], bool]:
    """What was chosen for a class itself outweighs what was chosen for one that became it."""
    return lambda chosen: chosen[0] not in became


def on_digits(
    dataset: Dataset, user: User, classes: Sequence[LabelClass], keys: OwnKeys
) -> list[tuple[str, LabelClass]]:
    """(digit, class) from 1 to 9. Nine classes or fewer keep the dataset's order, of more the most used come first."""
    by_digit = {digit: pk for pk, digit in keys.keys.items()}
    known = {str(one.pk): one for one in classes}
    chosen = {digit: known[pk] for digit, pk in by_digit.items() if pk in known}
    rest = [one for one in _by_use(dataset, user, classes) if one not in chosen.values()]
    placed = []
    for digit in map(str, range(1, DIGITS + 1)):
        if digit in chosen:
            placed.append((digit, chosen[digit]))
        elif rest:
            placed.append((digit, rest.pop(0)))
    return placed


def _by_use(dataset: Dataset, user: User, classes: Sequence[LabelClass]) -> list[LabelClass]:
    if len(classes) <= DIGITS:
        return list(classes)
    mine = Decision.objects.filter(expert=user, case__dataset=dataset, outcome=Decision.LABEL)
    said = list(mine.order_by("-id").values_list("label_class_id", flat=True)[: LATEST + STEP])
    used = Counter(said[len(said) % STEP :])
    return sorted(classes, key=lambda one: (-used[one.pk], one.position))
