"""What the next 100 decisions must be expected to gain, said by a lead; facts append."""

from annotation.core.refusal import Refusal
from annotation.models import Dataset, User
from modeling.models import StopRule
from modeling.reading.watching.return_curves import rule_of


class UnableToSetRule(Refusal):
    """No gain that decisions could be held to."""


def set_stop_rule(dataset: Dataset, least_gain: float, user: User | None = None) -> StopRule:
    """least_gain: of accuracy, in (0, 1). The same once more is the same rule. Raises UnableToSetRule."""
    if not 0 < least_gain < 1:
        raise UnableToSetRule(
            f"100 decisions cannot be asked to gain {100 * least_gain:g} points; say a number above 0 and below 100."
        )
    newest = rule_of(dataset)
    if newest and newest.least_gain == least_gain:
        return newest
    return StopRule.objects.create(dataset=dataset, least_gain=least_gain, lead=user)
