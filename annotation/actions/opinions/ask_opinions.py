"""Ask a language model about the first open cases: estimated, confirmed, within a budget, and never twice."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from annotation import bulk
from annotation.actions.jobs.enqueue import enqueue
from annotation.actions.jobs.work import UnableToWork, Write
from annotation.actions.opinions.server import ModelServer, NoAnswer, UnableToAskModel, ask_model, model_server
from annotation.core.opinions.answers import LATE, REFUSED, ReadAnswer, read_answer
from annotation.core.opinions.budget import OpinionBudget, OpinionEstimate, estimated
from annotation.core.opinions.prompts import Ask, AskedItem, contents_of, put
from annotation.core.progress import Report
from annotation.models import Case, Dataset, Item, Job, Opinion, OpinionAnswer, OpinionRound, User
from annotation.reading.opinions import is_on

KIND = "second_opinion"
MOST_CASES = 2_000
# So many calls in a row without a reply and the server is taken to be down.
MOST_IN_A_ROW = 5


class OpinionParams(TypedDict):
    """cases: how many of the first open ones; calls, tokens: the most that may be spent."""

    cases: int
    calls: int
    tokens: int


class OpinionResult(TypedDict):
    """no_opinion: why not → how often. stopped: why it ended early, "" = it did not."""

    round: int
    cases: int
    opinions: int
    known: int
    calls: int
    tokens: int
    no_opinion: dict[str, int]
    stopped: str


def estimate_opinions(dataset: Dataset, cases: int) -> OpinionEstimate:
    """What asking about the first `cases` open cases would take now."""
    asked = _asked_items(dataset, cases, model_server().model)
    known = _known(dataset, [one.key for _, one in asked])
    return estimated((one.body for _, one in asked if one.key not in known), sum(one.key in known for _, one in asked))


def request_opinions(
    dataset: Dataset, *, cases: int, calls: int, tokens: int, user: User | None = None, background: bool = True
) -> Job:
    """The job that asks, with calls and tokens set aside for it. Raises UnableToAskModel where it is not switched on,
    nothing is open, the budget is none, or another job asks already."""
    _refuse_unless_on(dataset, model_server())
    if cases < 1 or calls < 0 or tokens < 0 or cases > MOST_CASES:
        raise UnableToAskModel(
            f"Ask about 1 to {MOST_CASES:,} cases, with a budget of no less than 0 calls and tokens."
        )
    if not dataset.cases.open().exclude(kind=Case.PRODUCTION).exists():
        raise UnableToAskModel("No case is open, so there is nothing to ask about.")
    if dataset.jobs.unfinished().filter(kind=KIND).exists():
        raise UnableToAskModel("A second opinion is being asked for already; wait for it, or cancel it under Jobs.")
    params: OpinionParams = {"cases": cases, "calls": calls, "tokens": tokens}
    # after another round or a job that stopped it is another job: what it knows by then it does not pay for
    last = dataset.jobs.filter(kind=KIND).order_by("-id").values_list("id", flat=True).first()
    return enqueue(KIND, dataset, params, inputs=f"after {last}", user=user, background=background)


@dataclass
class HeardOpinions:
    """What came of the cases so far. said: item → class and sentence."""

    budget: OpinionBudget
    said: dict[int, ReadAnswer] = field(default_factory=dict)
    none: Counter[str] = field(default_factory=Counter)
    known: int = 0
    silent: int = 0
    stopped: str = ""

    def take(self, item: int, answer: ReadAnswer) -> None:
        if answer.label:
            self.said[item] = answer
        else:
            self.none[answer.why] += 1


def run(job: Job, report: Report) -> Write:
    asked: OpinionParams = job.params
    dataset, server = job.own_dataset, model_server()
    report("reading the cases", 0.0)
    guideline = dataset.guideline
    items = _asked_items(dataset, asked["cases"], server.model)
    heard = _hear(dataset, server, items, OpinionBudget(asked["calls"], asked["tokens"]), report)

    def write() -> OpinionResult:
        bulk.lock_dataset(dataset)
        done = OpinionRound.objects.create(
            dataset=dataset, host=server.host, model=server.model, guideline=guideline, n_cases=len(items),
            n_known=heard.known, calls=heard.budget.calls, tokens=heard.budget.tokens,
            no_opinion=dict(heard.none), stopped=heard.stopped, created_by=job.created_by,
        )  # fmt: skip
        classes = {one.name: one for one in dataset.label_classes.all()}
        Opinion.objects.bulk_create(
            Opinion(round=done, item_id=item, label_class=classes[answer.label], reason=answer.reason)
            for item, answer in sorted(heard.said.items())
            if answer.label in classes
        )
        return {
            "round": done.pk, "cases": done.n_cases, "opinions": done.opinions.count(), "known": done.n_known,
            "calls": done.calls, "tokens": done.tokens, "no_opinion": done.no_opinion, "stopped": done.stopped,
        }  # fmt: skip

    return write


def _hear(
    dataset: Dataset, server: ModelServer, items: Sequence[tuple[int, AskedItem]], budget: OpinionBudget, report: Report
) -> HeardOpinions:
    """The answers, those that are known for nothing and the others one by one until something says stop."""
    heard, classes = HeardOpinions(budget), dataset.class_names
    known = _known(dataset, [one.key for _, one in items])
    for n, (item, one) in enumerate(items):
        report("asking for second opinions", n / len(items))
        if one.key in known:
            heard.known += 1
            heard.take(item, known[one.key])
        elif not heard.stopped and _may_go_on(dataset, server, heard, one.body):
            answer = _answer(server, one.body, classes, heard)
            heard.take(item, answer)
            if answer.heard:
                # at once and by itself: a worker that dies here has paid for no answer twice
                _keep(dataset, one.key, answer)
                known[one.key] = answer
    return heard


def _may_go_on(dataset: Dataset, server: ModelServer, heard: HeardOpinions, body: bytes) -> bool:
    _refuse_unless_on(dataset, server)
    if not heard.budget.allows(body):
        heard.stopped = f"The budget ended it: {heard.budget.left}."
    elif heard.silent >= MOST_IN_A_ROW:
        heard.stopped = f"{server.host} gave no reply {MOST_IN_A_ROW} times in a row, so no more was asked."
    return not heard.stopped


def _answer(server: ModelServer, body: bytes, classes: Sequence[str], heard: HeardOpinions) -> ReadAnswer:
    try:
        answer = read_answer(ask_model(server, body), classes)
    except NoAnswer as none:
        answer = ReadAnswer(why=none.why)
    heard.budget.spend(body, answer.tokens)
    heard.silent = heard.silent + 1 if answer.why in (LATE, REFUSED) else 0
    return answer


def _keep(dataset: Dataset, key: str, answer: ReadAnswer) -> None:
    said = {"label": answer.label, "reason": answer.reason, "why": answer.why}
    OpinionAnswer.objects.get_or_create(dataset=dataset, key=key, defaults=said)


def _known(dataset: Dataset, keys: Sequence[str]) -> dict[str, ReadAnswer]:
    known = {}
    for batch in bulk.in_batches(keys):
        rows = OpinionAnswer.objects.filter(dataset=dataset, key__in=batch)
        for key, label, reason, why in rows.values_list("key", "label", "reason", "why"):
            known[key] = ReadAnswer(label, reason, why)
    return known


def _refuse_unless_on(dataset: Dataset, server: ModelServer) -> None:
    if not is_on(dataset, server.host):
        raise UnableToWork(f"No lead lets texts of {dataset.slug!r} go to {server.host}; nothing more is sent.")


def _asked_items(dataset: Dataset, n_cases: int, model: str) -> list[tuple[int, AskedItem]]:
    """Item and what is asked of it, one of each of the first open cases, the medoid of a group; not in the order of
    the cases, which would tell how doubtful each is."""
    guideline = dataset.guideline
    ask = Ask(
        dataset.question, tuple(dataset.label_classes.in_use().values_list("name", "meaning")),
        guideline.text if guideline else "", guideline.version if guideline else 0,
    )  # fmt: skip
    names = [one.name for one in dataset.typed_fields]
    found = [(item.pk, put(ask, contents_of(names, item.content), model)) for item in _items(dataset, n_cases)]
    return sorted(found, key=lambda pair: (pair[1].key, pair[0]))


def _items(dataset: Dataset, n_cases: int) -> Iterator[Item]:
    waiting = dataset.cases.open().exclude(kind=Case.PRODUCTION)
    cases: list[Case] = list(waiting.in_order()[:n_cases].prefetch_related("case_items__item"))
    for case in cases:
        members = [one.item for one in case.case_items.all()]
        yield min(members, key=lambda item: (item.digest != case.group_digest, item.pk))
