"""What is said beside every probability: how many of the labels still to be decided are wrong, and by whose word."""

from annotation.core.intervals import Interval, wilson
from annotation.core.order.stored import SupportJson
from annotation.core.wording import counted, percent
from annotation.models import Audit, CurrentLabel, Dataset, Item
from annotation.reading.audit_answers import audit_state
from annotation.reading.learned_order import Learned, outcomes

# Without an audit the last so many decided labels are all there is to go by.
LAST = 50


def support_of(dataset: Dataset, learned: Learned) -> SupportJson:
    """What a learned order keeps of what its probabilities rest on."""
    return {"checks": [one.as_json() for one in learned.checks], "left": left_in_words(dataset)}


def rests_on_in_words(dataset: Dataset, learned: Learned) -> list[str]:
    """By check, then for labels that none supports: what their probability rests on and what is left; "" where none is
    calibrated yet."""
    if not learned.knots:
        return [""]
    none = "No probability: of labels as likely as this too few were decided, or not as many were wrong as predicted."
    left = left_in_words(dataset)
    return [f"{one} {left}".strip() for one in [*(check.in_words() for check in learned.checks), none]]


def left_in_words(dataset: Dataset) -> str:
    """One sentence on the labels that no expert has decided on; "" where there are none."""
    left = CurrentLabel.objects.in_force().filter(
        item__dataset=dataset, item__split=Item.POOL, state=CurrentLabel.LABELLED
    )
    n = left.undecided().count()
    if not n:
        return ""
    state = audit_state(dataset)
    if state and state.rate.answered:
        share = _audited(dataset, state.audit, state.rate.rate, n)
        return (
            f"Of the {counted(n, 'label')} left about {percent(share.value)} are wrong by the audit (95 % interval "
            f"{percent(share.low)} to {percent(share.high)}; n = {share.n:,} answers)."
        )
    return _unaudited(dataset, n)


def _audited(dataset: Dataset, audit: Audit, rate: Interval, left: int) -> Interval:
    """The share wrong among those left: what the audit says was wrong at its draw, less what was found since."""
    said = outcomes(dataset)
    found = int(said.loc[said["at"] >= audit.created_at, "wrong"].sum())
    value, low, high = (
        min(max(share * audit.n_items - found, 0.0) / left, 1.0) for share in (rate.value, rate.low, rate.high)
    )
    return Interval(value, low, high, rate.n)


def _unaudited(dataset: Dataset, left: int) -> str:
    unknown = f"What share of the {counted(left, 'label')} left is wrong nobody can say without an audit"
    last = outcomes(dataset).sort_values("decision")["wrong"].astype(bool).tail(LAST)
    if not len(last):
        return f"{unknown}."
    share = wilson(int(last.sum()), len(last))
    were = "was" if len(last) == 1 else "were"
    return (
        f"{unknown}. Of the last {counted(len(last), 'label')} decided {percent(share.value)} {were} wrong "
        f"(95 % interval {percent(share.low)} to {percent(share.high)}), but nobody drew those at random."
    )
