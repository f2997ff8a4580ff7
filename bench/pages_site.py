"""A site of one large dataset and a small one, written by the database itself so that millions of rows take minutes.

Nothing is analysed: pages have to be quick right after an import, before the database knows what came.
"""

from typing import Any

import numpy as np

from bench.lead_items import NUMBERS, TEXT

CLASSES, ANNOTATORS, EXPERTS, GIVEN = 10, 200, 5, 3
# Of k, the number of an item: what an annotator's label and the item's current label are, and who gave the label.
CODE = f"((k * 48271 + k / 7) % {CLASSES})"
OTHER = f"(({CODE} + 1 + k % 3) % {CLASSES})"
WHO = f"((k * 16807 + k / 13 + j * 67) % {ANNOTATORS})"
# The id of the row that is inserted next: a sequence goes on after rows that were taken away again.
NEXT = {
    "postgresql": "SELECT nextval(pg_get_serial_sequence('{table}', 'id')) + 1",
    "sqlite": 'SELECT COALESCE(MAX(id), 0) + 1 FROM "{table}"',
}
DAY = {"postgresql": "CURRENT_TIMESTAMP - k * interval '1 minute'", "sqlite": "datetime('now', '-' || k || ' minutes')"}

# table: (columns, values by k, where), in the order in which they are written; ids go on where the last row's ended.
INSERTS: list[tuple[str, str, str, str]] = [
    (
        "annotation_item", "dataset_id, split, external_id, digest, content, source, received_at, taken_back, "
        "brought_by_id, created_at",
        "{dataset}, CASE WHEN k % 50 = 49 THEN 'production' ELSE 'pool' END, 'i' || k, 'd' || k, {json}, "
        "'s' || (k % 10), CASE WHEN k % 2 = 1 THEN {day} END, 0, {file}, {now}", "",
    ),
    *(
        (
            "annotation_label", "item_id, annotator_id, label_class_id, origin, seconds, brought_by_id, created_at",
            f"{{item}} + k, {{annotator}} + {WHO.replace('j', str(j))}, "
            + f"{{label}} + CASE WHEN (k + {j}) % 7 = 0 THEN {OTHER} ELSE {CODE} END, 'import', 5.0, {{file}}, {{now}}",
            "",
        )
        for j in range(GIVEN)
    ),
    (
        "annotation_currentlabel", "item_id, label_class_id, state, basis, created_at",
        f"{{item}} + k, CASE WHEN k % 400 <> 7 THEN {{label}} + {CODE} END, "
        "CASE WHEN k % 400 <> 7 THEN 'labelled' ELSE 'contested' END, 'consensus', {now}", "",
    ),
    (
        "annotation_flag", "detection_id, detector, item_id, score, reason",
        "{detection}, CASE WHEN k % 3 = 0 THEN 'near_duplicate_conflict' ELSE 'label_error' END, {item} + k, 0.9, "
        "'odd label'", "WHERE k % 20 = 3",
    ),
    (
        "annotation_group", "detection_id, digest, size, in_conflict", "{detection}, 'd' || k, 2, TRUE",
        "WHERE k % 100 = 0 AND k < {n} - 1",
    ),
    *(
        (
            "annotation_groupmember", "group_id, item_id", f"{{group}} + k / 100, {{item}} + k + {j}",
            "WHERE k % 100 = 0 AND k < {n} - 1",
        )
        for j in range(2)
    ),
    (
        "annotation_case", "dataset_id, kind, group_digest, status, score, probability, opened_at, reopen_reason, "
        "awaits, labels_shown",
        "{dataset}, 'review', '', CASE WHEN k % 100 = 53 THEN 'settled' ELSE 'open' END, "
        "(k % 9973) / 9973.0, NULL, {now}, '', CASE WHEN k % 1000 = 13 THEN 'adjudicator' ELSE 'experts' END, FALSE",
        "WHERE k % 10 = 3",
    ),
    (
        "annotation_caseitem", "case_id, item_id", "{case} + k / 10, {item} + k", "WHERE k % 10 = 3",
    ),
    (
        "annotation_decision", "case_id, expert_id, token, outcome, label_class_id, confidence, note, seconds, blind, "
        "cause, guideline_id, created_at",
        "{case} + k / 10, {expert} + k / 100 % " + str(EXPERTS) + ", {token}, 'label', {label} + CASE WHEN "
        f"k % 400 = 53 THEN {OTHER} ELSE {CODE} END, 'sure', '', 7.5, TRUE, '', {{guideline}}, {{now}}",
        "WHERE k % 100 = 53",
    ),
    (
        "annotation_decision_items", "decision_id, item_id", "{decision} + k / 100, {item} + k", "WHERE k % 100 = 53",
    ),
    (
        "annotation_label", "item_id, annotator_id, label_class_id, origin, created_at",
        "{item} + k, {own} + k / 100 % " + str(EXPERTS) + f", {{label}} + CASE WHEN k % 400 = 53 THEN {OTHER} ELSE "
        f"{CODE} END, 'expert', {{now}}", "WHERE k % 100 = 53",
    ),
    (
        "annotation_currentlabel", "item_id, label_class_id, state, basis, decision_id, created_at",
        f"{{item}} + k, {{label}} + CASE WHEN k % 400 = 53 THEN {OTHER} ELSE {CODE} END, 'labelled', 'decision', "
        "{decision} + k / 100, {now}", "WHERE k % 100 = 53",
    ),
    (
        "annotation_skip", "case_id, expert_id, reason, note, created_at",
        "{case} + k / 10, {expert}, 'unclear', '', {now}", "WHERE k % 2000 = 13",
    ),
    ("annotation_findingitem", "finding_id, item_id", "{finding}, {item} + k", "WHERE k % 20 = 3"),
    (
        "annotation_comment", "dataset_id, item_id, author_id, text, created_at",
        "{dataset}, {item} + k, {expert}, 'is this right?', {now}", "WHERE k % 2000 = 5",
    ),
    (
        "annotation_job", "kind, dataset_id, params, key, seed, status, stage, progress, attempt, error, result, "
        "created_at, finished_at",
        "'reorder', {dataset}, '{{}}', 'made {dataset} ' || k, 0, 'done', '', 1, 1, '', '{{}}', {now}, {now}",
        "WHERE k % 1000 = 5",
    ),
    (
        "annotation_notice", "dataset_id, user_id, text, path, created_at",
        "{dataset}, {lead}, 'something happened', '', {now}", "WHERE k % 2000 = 5",
    ),
    (
        "annotation_audititem", "audit_id, item_id, stratum, probability", "{audit}, {item} + k, 0, 0.01",
        "WHERE k % 100 = 53 AND k < 100000",
    ),
    (
        "annotation_gold", "dataset_id, item_id, label_class_id, created_at", f"{{dataset}}, {{item}} + k, {{label}} + "
        f"{CODE}, {{now}}", "WHERE k % 100 = 71 AND k < 20000",
    ),
    (
        "annotation_snapshotrow", "snapshot_id, item_id, label_class_id, digest",
        f"{{snapshot}}, {{item}} + k, {{label}} + {CODE}, ''", "WHERE k % 50 <> 49",
    ),
]  # fmt: skip


def build(slug: str, n: int) -> None:
    """A dataset of n items, three labels each, detected, partly decided, with a lead and experts."""
    from django.db import connection  # noqa: PLC0415  settings come from the environment of this process

    from annotation import models  # noqa: PLC0415
    from annotation.actions.items.keep_counts import keep_counts  # noqa: PLC0415

    facts = _facts(slug, n)
    vendor = "postgresql" if connection.vendor == "postgresql" else "sqlite"
    text = '\'{"text": "w\' || ' + TEXT + " || CASE WHEN k % 20000 = 11 THEN ' kitten' ELSE '' END || '\"}'"
    token = {"postgresql": "gen_random_uuid()", "sqlite": "lower(hex(randomblob(16)))"}
    facts |= {
        "json": f"CAST({text} AS jsonb)" if vendor == "postgresql" else text, "day": DAY[vendor],
        "now": "CURRENT_TIMESTAMP", "n": n, "token": token[vendor],
    }  # fmt: skip
    names = {"annotation_item": "item", "annotation_case": "case", "annotation_decision": "decision",
             "annotation_group": "group"}  # fmt: skip
    with connection.cursor() as cursor:
        for table, columns, values, where in INSERTS:
            if table in names:
                cursor.execute(NEXT[vendor].format(table=table))
                facts[names[table]] = cursor.fetchone()[0]
            select = f"{_numbers(vendor, n)} SELECT {values} FROM n {where}".format(**facts)
            order = " ORDER BY k" if vendor == "postgresql" else ""
            cursor.execute(f'INSERT INTO "{table}" ({columns}) {select}{order}')
    keep_counts(models.Dataset.objects.get(slug=slug))
    _arrays(facts, n)


def _numbers(vendor: str, n: int) -> str:
    if vendor == "postgresql":
        return f"WITH n(k) AS (SELECT generate_series(0::bigint, {n} - 1))"
    return NUMBERS.format(n=n)


def _facts(slug: str, n: int) -> dict[str, Any]:
    """The rows that the others hang on, by hand; their ids by name."""
    from annotation import models  # noqa: PLC0415

    lead, _ = models.User.objects.get_or_create(username="lead")
    experts = [models.User.objects.get_or_create(username=f"expert {k}")[0] for k in range(EXPERTS)]
    dataset = models.Dataset.objects.create(slug=slug, name=slug, fields=[{"name": "text", "type": "text"}])
    for user, role in [(lead, "lead"), *((one, "expert") for one in experts)]:
        models.Membership.objects.create(dataset=dataset, user=user, role=role)
    label = [models.LabelClass.objects.create(dataset=dataset, name=f"class {k}", position=k) for k in range(CLASSES)]
    people = [models.Annotator.objects.create(dataset=dataset, name=f"ann {k}") for k in range(ANNOTATORS)]
    own = [models.Annotator.objects.create(dataset=dataset, name=f"@{k}", user=k, own=True) for k in experts]
    file = models.FileImport.objects.create(
        dataset=dataset, kind="items", file_name="all.csv", sha256="0" * 64, rows=n, items=n, labels=GIVEN * n
    )
    detection = models.Detection.objects.create(
        dataset=dataset, n_items=n - n // 50, n_groups=n // 100, n_conflicts=n // 100, n_flags=n // 20, n_findings=1,
        seconds=1, arrays="",
    )  # fmt: skip
    finding = models.Finding.objects.create(
        dataset=dataset, detection=detection, kind="count_rule", key=f"rule {slug}", title="a rule", reason="a rule",
        rule={"clauses": [], "every": False}, n=n // 20, value=0.9, low=0.88, high=0.92,
    )  # fmt: skip
    audit = models.Audit.objects.create(
        dataset=dataset, detection=detection, seed=0, n_items=n, n_drawn=min(n, 100_000) // 100,
        strata=[{"low": 0.0, "high": 1.0, "items": n, "drawn": min(n, 100_000) // 100}],
    )  # fmt: skip
    guideline = models.Guideline.objects.create(dataset=dataset, version=1, text="Say what it is.")
    snapshot = models.Snapshot.objects.create(dataset=dataset, purpose="training", sha256="0" * 64, n_rows=n - n // 50)
    return {
        "dataset": dataset.pk, "lead": lead.pk, "expert": experts[0].pk, "label": label[0].pk,
        "annotator": people[0].pk, "own": own[0].pk, "file": file.pk, "detection": detection.pk, "finding": finding.pk,
        "audit": audit.pk, "guideline": guideline.pk, "snapshot": snapshot.pk,
    }  # fmt: skip


def _arrays(facts: dict[str, Any], n: int) -> None:
    """What a detection, an estimate of the consensus and a model keep beside the database."""
    from annotation import models  # noqa: PLC0415
    from annotation.core.order.prior_evidence import Factor, PriorEvidence, to_arrays  # noqa: PLC0415

    rng, k = np.random.default_rng(0), np.arange(n)
    pool = np.flatnonzero(k % 50 != 49)
    code, ids, names = ((k * 48271 + k // 7) % CLASSES)[pool], facts["item"] + pool, _class_names()
    who = ((k * 16807 + k // 13) % ANNOTATORS)[pool]
    factors = {
        "class": Factor(np.arange(len(pool)), code, names),
        "annotator": Factor(np.arange(len(pool)), who, tuple(f"ann {k}" for k in range(ANNOTATORS))),
    }
    prior = PriorEvidence(
        ids, rng.random(len(pool)), {"label_error": rng.random(len(pool))}, factors, n_classes=CLASSES
    )
    says = np.where(rng.random(len(pool)) < 0.1, rng.integers(0, CLASSES, len(pool)), code).astype(np.int32)
    models.Detection.objects.filter(pk=facts["detection"]).update(arrays=_kept(**to_arrays(prior), says=says))
    probability = np.full((len(pool), CLASSES), 0.02, dtype=np.float32)
    probability[np.arange(len(pool)), says] = 0.82
    models.PredictionSet.objects.create(
        dataset_id=facts["dataset"], name="model", classes=list(names), n=len(pool),
        arrays=_kept(item=ids.astype(np.int64), probability=probability),
    )  # fmt: skip
    _consensus(facts, ids, probability)


def _class_names() -> tuple[str, ...]:
    return tuple(f"class {k}" for k in range(CLASSES))


def _kept(**arrays: np.ndarray) -> str:
    from django.conf import settings  # noqa: PLC0415

    from annotation.core.artifacts import arrays_to_bytes, save_bytes  # noqa: PLC0415

    return save_bytes(settings.ARTIFACTS_DIR, arrays_to_bytes(**arrays), ".npz")


def _consensus(facts: dict[str, Any], ids: np.ndarray, probability: np.ndarray) -> None:
    from annotation import models  # noqa: PLC0415

    contested = ids[::20]
    pairs = np.repeat(facts["annotator"] + np.arange(ANNOTATORS), CLASSES)
    arrays = _kept(
        item=ids.astype(np.int64), probabilities=probability, label=probability.argmax(axis=1),
        contested_item=contested.astype(np.int64), contested_label=np.zeros(len(contested), dtype=np.int64),
        reading=np.zeros(len(contested), dtype=np.int64), gain=np.zeros(len(contested)),
        ask=np.full(len(contested), facts["annotator"]), pair_annotator=pairs,
        pair_label=np.tile(np.arange(CLASSES), ANNOTATORS),
        pair_counts=np.full((len(pairs), CLASSES), 3.0), pool=np.full((CLASSES, CLASSES), 0.1),
        strength=np.array([5.0]),
    )  # fmt: skip
    rate = {"value": 0.9, "low": 0.88, "high": 0.92, "n": 100}
    figures = {"labels": 1_000, **rate, "difference": rate}
    skills = [
        {"annotator": facts["annotator"] + k, "name": f"ann {k}", "labels": 3 * len(ids) // ANNOTATORS, "skill": rate,
         "pair": None, "seconds": 5.0}
        for k in range(ANNOTATORS)
    ]  # fmt: skip
    models.Consensus.objects.create(
        dataset_id=facts["dataset"], method="majority", methods={"majority": figures}, skills=skills, arrays=arrays,
        n_items=len(ids), n_labels=GIVEN * len(ids),
    )  # fmt: skip
