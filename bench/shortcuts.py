"""Annotators' shortcuts: rules named, false alarms on honest classes, planted count rules, and real errors found."""

import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from cleanlab.rank import get_label_quality_scores
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import matthews_corrcoef
from sklearn.model_selection import cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from annotation.core.crowd.votes import majority
from annotation.core.detectors.annotator_shortcut import AnnotatorShortcut
from annotation.core.detectors.count_rule import CountRule
from annotation.core.features.embeddings import embed
from annotation.core.fields import Field
from annotation.core.judging.evidence import Evidence, build_evidence
from bench.detected import detected
from bench.fin_num_claim import Site
from bench.table import Row, row
from tests.shared import SHARED

YOUTUBE, BANKING = SHARED / "data/youtube_spam_lfs/youtube.csv", SHARED / "data/banking77/banking77.csv"
TEXT = (Field("text", "text"),)
STUMP, STUMP_VERSION = "decision stump over word counts", f"scikit-learn {version('scikit-learn')}"
# The words and limits each documented rule looks for; the other three ask a parser and a sentiment lexicon.
DOCUMENTED = {
    "keyword_my": {"my"}, "keyword_subscribe": {"subscribe"}, "keyword_link": {"http"},
    "keyword_please": {"please", "plz"}, "keyword_song": {"song"}, "regex_check_out": {"check", "out"},
    "short_comment": {"5"}, "has_person_nlp": None, "textblob_polarity": None, "textblob_subjectivity": None,
}  # fmt: skip
EXACTLY = 0.98
NOISE, SEEDS = (0.0, 0.1, 0.2, 0.3), (0, 1)
DRAWS = 20


def run() -> list[Row]:
    if not YOUTUBE.is_file() or not BANKING.is_file():
        print(f"detect.shortcuts is skipped: no data in {SHARED}; SECONDLOOK_SHARED can point at it.", file=sys.stderr)
        return []
    parts: tuple[Callable[[], list[Row]], ...] = (rules_named, honest_classes, planted_count_rules, errors_found)
    return [one for part in parts for one in part()]


def youtube() -> pd.DataFrame:
    """The rows that have labels of rules to learn from, without the test split."""
    rows = pd.read_csv(YOUTUBE)
    return rows[rows["split"] != "test"].reset_index(drop=True)


def youtube_evidence(rows: pd.DataFrame) -> Evidence:
    rules = list(DOCUMENTED)
    item, annotator = np.nonzero(rows[rules].to_numpy() >= 0)
    votes = pd.DataFrame({"item": item, "annotator": annotator, "label": rows[rules].to_numpy()[item, annotator]})
    return build_evidence(rows[["text"]], TEXT, ("HAM", "SPAM"), majority(votes, len(rows), 2).label, votes, rules)


def rules_named() -> list[Row]:
    """A rule is named when it looks for the documented words and goes along with the votes by a phi of .98 or more."""
    rows = youtube()
    found = {one.annotator: one for one in AnnotatorShortcut().read(youtube_evidence(rows)).rules}
    ours = stumps = 0
    counter = CountVectorizer(token_pattern=r"(?u)\b\w+\b", min_df=5)
    words = counter.fit_transform(rows["text"])
    lengths = sparse.csr_matrix(rows["text"].str.split().str.len().to_numpy()[:, None])
    names = [*counter.get_feature_names_out(), "5"]
    answered = (rows[list(DOCUMENTED)] >= 0).any(axis=1).to_numpy()
    for code, (name, looks_for) in enumerate(DOCUMENTED.items()):
        one = found.get(code)
        said = {clause.name or f"{clause.number:g}" for clause in one.rule.clauses} if one else set()
        named = bool(one and looks_for and said == looks_for and one.fit >= EXACTLY)
        ours += int(named)
        votes = (rows[name] >= 0).to_numpy()
        matrix = sparse.hstack([words, lengths]).tocsr()
        stump = DecisionTreeClassifier(max_depth=1, random_state=0).fit(matrix[answered], votes[answered])
        word = names[stump.tree_.feature[0]]
        fit = matthews_corrcoef(votes[answered], stump.predict(matrix[answered]))
        stumps += int(looks_for == {word} and fit >= EXACTLY)
        print(f"{name}: {one.rule.words if one else 'no rule'}{f', phi {one.fit:.3f}' if one else ''}"
              f"{' (named)' if named else ''}; stump: {word}, phi {fit:.3f}")  # fmt: skip
    return [row("detect.shortcuts.youtube_rules_named", "youtube_spam_lfs", len(rows), "of ten documented rules", ours,
                stumps, STUMP, STUMP_VERSION, 1.0)]  # fmt: skip


def honest_classes() -> list[Row]:
    """Classes of honest labels with an alarm; allowed are 2 % of 77, that is 1.54.

    The rival alarms where one word reaches a balanced accuracy of .95: for five, so the goal is 5 / 1.54. Then twenty
    honest annotators, three to an item, wrong for 5 to 25 %.
    """
    rows = pd.read_csv(BANKING)
    classes = tuple(sorted(rows["label"].unique()))
    labels = pd.Index(classes).get_indexer(rows["label"])
    n = len(rows)
    alone = pd.DataFrame({"item": np.arange(n), "annotator": 0, "label": labels})
    evidence = build_evidence(rows[["text"]], TEXT, classes, labels, alone, ("import",))
    alarms = detected(evidence, "count_rule", "annotator_shortcut").findings
    ours = len({one.rule["label"] for one in alarms})
    present = CountVectorizer(token_pattern=r"(?u)\b\w+\b", min_df=20, binary=True).fit_transform(rows["text"])
    stumps = sum(int(_best_word(present, labels == code) >= 0.95) for code in range(len(classes)))
    print(f"honest annotators alarmed, of 60: {sum(_honest(evidence, seed) for seed in range(3))}")
    return [row("detect.shortcuts.honest_classes_alarmed", "banking77", len(classes), "classes, at most 1.54", ours,
                stumps, "one word at balanced accuracy .95", STUMP_VERSION, 3.25, more_is_better=False)]  # fmt: skip


def _best_word(present: sparse.csr_matrix, carries: np.ndarray) -> float:
    caught = np.asarray(present[carries].mean(axis=0)).ravel()
    wrongly = np.asarray(present[~carries].mean(axis=0)).ravel()
    return float(((caught + 1 - wrongly) / 2).max())


def _honest(evidence: Evidence, seed: int) -> int:
    """How many of twenty honest annotators are alarmed."""
    rng = np.random.default_rng(seed)
    truth, n, people = evidence.labels, len(evidence.labels), 20
    item = np.repeat(np.arange(n), 3)
    annotator = (rng.integers(0, people, n)[:, None] + np.array([0, 1, 2])).ravel() % people
    wrong = rng.random(len(item)) < np.linspace(0.05, 0.25, people)[annotator]
    label = np.where(wrong, rng.integers(0, len(evidence.classes), len(item)), truth[item])
    votes = pd.DataFrame({"item": item, "annotator": annotator, "label": label})
    consensus = majority(votes, n, len(evidence.classes)).label
    names = tuple(f"annotator {code}" for code in range(people))
    seen = Evidence(
        evidence.table,
        evidence.fields,
        evidence.classes,
        consensus,
        votes,
        names,
        evidence.groups,
        evidence.probabilities,
    )
    return len({one.rule["annotator"] for one in detected(seen, "annotator_shortcut").findings})


def planted_count_rules() -> list[Row]:
    """“risk” more than five times decides a label in real sentences, but for a share that is noise; found exactly?"""
    texts = pd.read_csv(BANKING)["text"].to_numpy(object)
    ours = stumps = 0
    for noise in NOISE:
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            times = rng.integers(0, 11, 1500)
            chosen = rng.choice(texts, 1500, replace=False)
            said = [f"{text} {'risk ' * k}" for text, k in zip(chosen, times, strict=True)]
            labels = np.where(rng.random(1500) < noise, times <= 5, times > 5).astype(int)
            votes = pd.DataFrame({"item": np.arange(1500), "annotator": 0, "label": labels})
            evidence = build_evidence(pd.DataFrame({"text": said}), TEXT, ("calm", "grave"), labels, votes, ("import",))
            found = [(one.word, one.threshold) for one in CountRule().rules(evidence)]
            counter = CountVectorizer(token_pattern=r"(?u)\b\w+\b", min_df=20)
            stump = DecisionTreeClassifier(max_depth=1, random_state=0).fit(counter.fit_transform(said), labels)
            word = counter.get_feature_names_out()[stump.tree_.feature[0]]
            ours += found == [("risk", 5)]
            stumps += (word, int(stump.tree_.threshold[0])) == ("risk", 5)
            print(f"count rule, noise {noise:.0%}, seed {seed}: {found}; stump {word} > {stump.tree_.threshold[0]}")
    return [row("detect.shortcuts.planted_count_rule", "banking77 + planted", len(NOISE) * len(SEEDS), "named exactly",
                ours, stumps, STUMP, STUMP_VERSION, 1.0)]  # fmt: skip


def errors_found() -> list[Row]:
    """Wrong majority labels among the first 150 and 300 of our order, of cleanlab's self-confidence, and of chance."""
    rows = youtube()
    with TemporaryDirectory(prefix="secondlook-bench-") as folder:
        order = _our_order(Site(Path(folder)), rows)
    votes = rows[list(DOCUMENTED)].to_numpy()
    spam, ham = (votes == 1).sum(axis=1), (votes == 0).sum(axis=1)
    labelled = np.flatnonzero(spam != ham)
    labels = (spam > ham).astype(int)
    wrong = labels != rows["true_label"].to_numpy()
    assert set(order) == set(labelled.tolist())
    rival = labelled[np.argsort(_self_confidence(rows["text"].to_numpy()[labelled], labels[labelled]), kind="stable")]
    rng = np.random.default_rng(0)
    draws = [rng.permutation(labelled) for _ in range(DRAWS)]
    figures = []
    for top in (150, 300):
        ours, theirs = int(wrong[order[:top]].sum()), int(wrong[rival[:top]].sum())
        chance = float(np.mean([wrong[draw[:top]].sum() for draw in draws]))
        name, measured = f"detect.shortcuts.youtube_errors_top_{top}", (len(labelled), "true errors found", ours)
        rival_name = "cleanlab self-confidence, TF-IDF + embeddings"
        figures += [
            row(name, "youtube_spam_lfs", *measured, theirs, rival_name, version("cleanlab"), 1.0),
            row(f"{name}_random", "youtube_spam_lfs", *measured, chance, f"mean of {DRAWS} random draws", "", 1.5),
        ]
    return figures


def _our_order(site: Site, rows: pd.DataFrame) -> list[int]:
    """Positions of the rows with a majority, in the order of review."""
    words = rows[list(DOCUMENTED)].replace({-1: "", 0: "HAM", 1: "SPAM"})
    file = site.folder / "youtube.csv"
    rows[["text"]].assign(id=np.arange(len(rows))).join(words).to_csv(file, index=False)
    site.manage("import_items", "youtube", str(file), "--text", "text", "--id", "id", "--wide", *DOCUMENTED, "--json")
    print(site.manage("detect", "youtube", "--json"))
    site.manage("export_cases", "youtube", str(site.folder / "cases.csv"), "--all", "--json")
    cases = pd.read_csv(site.folder / "cases.csv")
    return cases[cases["given_label"].notna()]["item_id"].astype(int).tolist()


def _self_confidence(texts: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """cleanlab's label quality as its tutorial gets it: five-fold probabilities of a logistic regression."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit_transform(texts)
    matrix = sparse.hstack([words, sparse.csr_matrix(embed(list(texts)))]).tocsr()
    model = LogisticRegression(max_iter=1000)
    probabilities = cross_val_predict(model, matrix, labels, cv=5, method="predict_proba")
    return get_label_quality_scores(labels, probabilities, method="self_confidence")
