"""The items whose prediction a probe flipped, as cases for experts."""

from datetime import datetime

from django.db import transaction

from annotation import bulk
from annotation.actions.detecting.open_finding import UnableToOpen, open_finding
from annotation.actions.detecting.write_finding import finding_over, write_finding
from annotation.models import Finding, Job, User
from modeling.core.telling.robustness import PROBES
from modeling.core.telling.stored import ProbeJson, RobustnessJson

KIND = "robustness"


@transaction.atomic
def open_flipped(job: Job, name: str, lead: User, now: datetime) -> tuple[Finding, int]:
    """A finding of the lead over the items the probe flipped, with a case for each that experts have not decided on and
    no open case holds; returns it and how many cases were opened. Asked again it is the same finding."""
    bulk.lock_dataset(job.own_dataset)
    found: RobustnessJson = job.outcome
    probed = next((one for one in found["probes"] if one["name"] == name), None)
    if probed is None or not probed["flipped"]:
        raise UnableToOpen(f"The probe {name!r} flipped no item; there is nothing to open.")
    key = f"{KIND}:{job.key}:{name}"
    finding = finding_over(job.own_dataset, key, probed["flipped"]) or _written(job, found["run"], probed, key, lead)
    return finding, open_finding(finding, lead, now)


def _written(job: Job, run: int, probed: ProbeJson, key: str, lead: User) -> Finding:
    n = probed["flips"]
    finding = Finding(
        dataset=job.own_dataset, author=lead, kind=KIND, key=key, rule={"job": job.pk, "probe": probed["name"]},
        title=f"Items that run {run} takes for another class after a change: {PROBES[probed['name']]}",
        reason=(
            f"The change leaves the meaning alone, and still the class run {run} predicts for an item it has not seen "
            f"became another one for {n:,} of {probed['n']:,}: it is not sure of them, or their label is doubtful."
        ),
        n=probed["n"], value=probed["value"] or 0.0, low=probed["low"], high=probed["high"],
    )  # fmt: skip
    return write_finding(finding, probed["flipped"])
