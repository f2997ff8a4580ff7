"""The demo's dataset, its people and its words: there at once, so that a visitor can log in. What is played on them is
a job."""

import json
import os

from django.conf import settings
from django.db import transaction

from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.people.add_member import add_member
from annotation.models import Case, CurrentLabel, Dataset, Guideline, Job, LabelClass, Reason, RoutingRules
from modeling.demo.filings_text import NEGATIVE, NEUTRAL
from modeling.models import Comparison, ModelRun

SLUG = "filings"
SIMULATED = "simulated-expert"
PEOPLE = (("erin", "expert"), ("leo", "lead"))
GUIDELINE = """Judge what the filing says has happened or is expected, not how often it speaks of risk.

Mark “negative” where guidance was cut or withdrawn, where cash or covenants are in doubt, or where a specific \
liability is disclosed. Lists of customary risk factors are required even in a good year: on their own they are \
“neutral”."""
MEANINGS = {NEGATIVE: "the outlook worsens", NEUTRAL: "nothing bad is new"}
REASONS = ("guidance", "liquidity", "liability", "boilerplate only")


def demo_slug(seed: int) -> str:
    return SLUG if seed == 0 else f"{SLUG}-{seed}"


def request_demo(seed: int, *, background: bool = True) -> Job:
    """The dataset and its people at once, so that they can log in; everything else as a job."""
    with transaction.atomic():
        dataset, made = Dataset.objects.get_or_create(
            slug=demo_slug(seed),
            defaults={
                "name": "Filings" if seed == 0 else f"Filings, seed {seed}", "synthetic": True,
                "question": "What does this filing say about the company's outlook?",
            },
        )  # fmt: skip
        if made:
            _people(dataset)
            _words(dataset)
        return enqueue("demo", dataset, {"seed": seed}, seed=seed, background=background)


def reset_demo() -> None:
    """Delete the demo datasets with everything that hangs on them; no other dataset is touched."""
    with transaction.atomic():
        datasets = Dataset.objects.filter(synthetic=True, slug__regex=rf"^{SLUG}(-[0-9]+)?$")
        Comparison.objects.filter(snapshot__dataset__in=datasets).delete()
        ModelRun.objects.filter(snapshot__dataset__in=datasets).delete()
        CurrentLabel.objects.filter(item__dataset__in=datasets).delete()
        Case.objects.filter(dataset__in=datasets).delete()
        datasets.delete()


def demo_logins() -> list[dict[str, str]]:
    """username, password and role of the people of the demo; kept in the data folder, readable by its owner only."""
    path = settings.DATA_DIR / "demo_logins.json"
    return json.loads(path.read_text()) if path.exists() else []


def _people(dataset: Dataset) -> None:
    logins = {login["username"]: login for login in demo_logins()}
    for username, role in PEOPLE:
        password = add_member(dataset, username, role)
        if password:
            logins[username] = {"username": username, "password": password, "role": role}
    add_member(dataset, SIMULATED, "expert")
    path = settings.DATA_DIR / "demo_logins.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        os.fchmod(file.fileno(), 0o600)
        json.dump(list(logins.values()), file)


def _words(dataset: Dataset) -> None:
    LabelClass.objects.bulk_create(
        LabelClass(dataset=dataset, name=name, meaning=meaning, position=position)
        for position, (name, meaning) in enumerate(MEANINGS.items())
    )
    Guideline.objects.create(dataset=dataset, version=1, text=GUIDELINE)
    # the simulated expert works alone: nobody else gives a second answer, and nobody needs to check it
    RoutingRules.objects.create(dataset=dataset, version=1, overlap_doubtful=1, gold_share=0, repeat_share=0)
    Reason.objects.bulk_create(
        Reason(dataset=dataset, text=text, position=position) for position, text in enumerate(REASONS)
    )
