"""How experts did on what tests them: items of known label, and their own cases again."""

from annotation.core.intervals import Interval, wilson
from annotation.models import Case, Dataset, Decision, Gold, User, class_now


def gold_answers(dataset: Dataset, user: User) -> tuple[int, int]:
    """How many first answers to hidden gold were right, and how many there were; since the latest time the lead let
    them go on, where they were paused."""
    resumed = (
        dataset.pauses.filter(user=user, paused=False).order_by("-id").values_list("created_at", flat=True).first()
    )
    answers = Decision.objects.standing().filter(
        case__dataset=dataset, case__kind=Case.GOLD, expert=user, blind=True
    )  # fmt: skip
    if resumed:
        answers = answers.filter(created_at__gt=resumed)
    said = list(answers.values_list("items", class_now()))
    known = Gold.objects.known().filter(item__in=[item for item, _ in said])
    truth = dict(known.values_list("item_id", class_now()))
    judged = [truth[item] == label for item, label in said if truth.get(item)]
    return sum(judged), len(judged)


def self_agreement(dataset: Dataset, user: User) -> Interval:
    """Share of the user's own cases, come back unseen, that got the same answer again, with Wilson's 95 % interval."""
    again = Decision.objects.standing().filter(case__dataset=dataset, case__kind=Case.REPEAT, expert=user)
    later = {item: (outcome, label) for item, outcome, label in again.values_list("items", "outcome", class_now())}
    first = Decision.objects.standing().filter(expert=user, items__in=later).about_pool()
    said = {
        item: (outcome, label)
        for item, outcome, label in first.order_by("-id").values_list("items", "outcome", class_now())
    }
    both = later.keys() & said.keys()
    return wilson(sum(later[item] == said[item] for item in both), len(both))
