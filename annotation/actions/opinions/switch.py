"""A lead's word on whether texts of a dataset may go to the language model's host."""

from datetime import datetime

from annotation.actions.opinions.server import UnableToAskModel, model_server
from annotation.models import Dataset, OpinionSwitch, User


def switch_on(dataset: Dataset, lead: User, host: str, now: datetime) -> OpinionSwitch:
    """Let texts go to `host`, the one the lead was shown. Raises UnableToAskModel where the settings name another."""
    server = model_server()
    if host != server.host:
        raise UnableToAskModel(f"The host is {server.host} now, not {host or 'the one shown'}; look again and decide.")
    return OpinionSwitch.objects.create(dataset=dataset, on=True, host=host, lead=lead, created_at=now)


def switch_off(dataset: Dataset, lead: User, now: datetime) -> OpinionSwitch:
    """From now on no text leaves, and what was answered is neither used nor shown."""
    last = dataset.opinion_switches.order_by("-id").first()
    host = last.host if last else ""
    return OpinionSwitch.objects.create(dataset=dataset, on=False, host=host, lead=lead, created_at=now)
