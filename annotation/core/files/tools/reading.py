"""An annotation tool's export -> flat rows, one for each answer, and sentences on what was not carried over."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from annotation.core.files.forms.objects import Objects
from annotation.core.files.forms.values import cell_of
from annotation.core.files.tools import argilla, doccano, label_studio, prodigy
from annotation.core.files.tools.exported import Left, Tool, ToolAnswer, ToolItem
from annotation.core.files.unreadable import Broken, Unfit
from annotation.core.wording import counted, listed, quoted

TOOLS = {
    "label_studio": label_studio.JSON, "label_studio_min": label_studio.JSON_MIN, "argilla": argilla.RECORDS,
    "prodigy": prodigy.EXAMPLES, "doccano": doccano.DOCUMENTS,
}  # fmt: skip
ID, LABEL, ANNOTATOR, AT = OURS = ("id", "label", "annotator", "at")
SEVERAL = "answer with several labels|answers with several labels"
NO = "not {}"
Found: TypeAlias = Iterable[tuple[int, dict[str, Any]] | Broken]


def tool_of(found: Found) -> Tool | None:
    """The tool whose shape the first object has, if it has any."""
    first = next((one for one in found if not isinstance(one, Broken)), None)
    if first is None:
        return None
    return next((tool for tool in TOOLS.values() if tool.fits(first[1])), None)


def plain_or_exported(objects: Objects) -> "Objects | Reading":
    """The objects as they are, or as a tool wrote them."""
    tool = tool_of(objects.objects())
    return objects if tool is None else Reading.of(tool, objects.objects)


@dataclass(frozen=True)
class Reading:
    """A tool's export that can be gone through any number of times.

    `columns`: those of the rows: what the items say, then our own. `roles`: column → the part it surely plays, as
    guessing.ROLES, and "at". `question`: the one of several whose answers are the labels. `rejected`: the one label
    that is only ever accepted or rejected, "" where there are several. `said`: how the file was read. `odd`: columns
    that hold a list or an object somewhere.
    """

    tool: Tool
    objects: Callable[[], Found]
    columns: tuple[str, ...]
    ours: Mapping[str, str]
    question: str
    rejected: str
    roles: Mapping[str, str]
    said: tuple[str, ...]
    odd: frozenset[str]

    @classmethod
    def of(cls, tool: Tool, objects: Callable[[], Found]) -> "Reading":
        """Goes through the whole file once."""
        survey = _Survey(tool)
        for found in objects():
            if not isinstance(found, Broken):
                survey.add(tool.read(found[1], survey.left))
        ours = {name: _free(name, survey.fields) for name in OURS}
        if survey.n_with_id == survey.n:  # the file's own ids, where every item has one, are what people know
            ours[ID] = ID
        there = {ID: survey.with_id or ours[ID] == ID, ANNOTATOR: survey.annotators, AT: survey.dated, LABEL: True}
        ours = {name: column for name, column in ours.items() if there[name]}
        columns = tuple(dict.fromkeys([*survey.fields, *ours.values()]))
        texts = [name for name in survey.fields if name in survey.texts]
        roles = {**dict.fromkeys(texts, "text"), **{column: name for name, column in ours.items()}}
        return cls(
            tool, objects, columns, ours, survey.question, survey.rejected, roles, survey.notes(), frozenset(survey.odd)
        )

    def notes(self, counts: Counter[str]) -> tuple[str, ...]:
        return self.said

    def rows(self, counts: Counter[str]) -> Iterator[tuple[int, list[str]] | Broken]:
        """(number of its object, cells) of each row: one for each answer of an item, one for an item without any."""
        for found in self.objects():
            if isinstance(found, Broken):
                yield found
                continue
            row, record = found
            item = self.tool.read(record, Counter())
            cells = {name: cell_of(value) for name, value in item.fields.items()}
            if (column := self.ours.get(ID, ID)) not in item.fields:
                cells[column] = item.id
            answers = [(said, label) for said in item.answers if (label := self._label(said))]
            for said, label in answers or [(ToolAnswer("", ()), "")]:
                mine = {LABEL: label, ANNOTATOR: said.annotator or "import" * bool(label), AT: said.at}
                cells |= {column: mine[name] for name, column in self.ours.items() if name in mine}
                yield row, [cells.get(name, "") for name in self.columns]

    def _label(self, said: ToolAnswer) -> str:
        """The label of an answer; "" where it is left out."""
        if said.question != self.question or len(said.labels) != 1:
            return ""
        if said.accepted:
            return said.labels[0]
        return NO.format(said.labels[0]) if said.labels[0] == self.rejected else ""


class _Survey:
    """What is in a file as a whole."""

    def __init__(self, tool: Tool) -> None:
        self.tool, self.left = tool, Left()
        self.fields: dict[str, None] = {}
        self.annotators: dict[str, None] = {}
        self.texts: set[str] = set()
        self.odd: set[str] = set()
        self.n = self.n_with_id = self.with_id = self.dated = 0
        self._by_question: dict[str, Counter[str]] = {}
        self._binary: dict[str, int] = {}

    def add(self, item: ToolItem) -> None:
        self.n += 1
        self.fields |= dict.fromkeys(name for name in item.fields if name.strip())
        self.n_with_id += bool(str(item.fields.get(ID) or ""))
        self.texts |= set(item.texts)
        self.odd |= {name for name, value in item.fields.items() if isinstance(cell_of(value), Unfit)}
        self.with_id += bool(item.id)
        for said in item.answers:
            self.dated += bool(said.at)
            if said.annotator:
                self.annotators[said.annotator] = None
            kind = "none" if not said.labels else "several" if len(said.labels) > 1 else "one"
            kind = kind if said.accepted else "rejected"
            self._by_question.setdefault(said.question, Counter())[kind] += 1
            if kind in ("one", "rejected"):
                self._binary.setdefault(said.labels[0], 0)
                self._binary[said.labels[0]] += not said.accepted

    @property
    def question(self) -> str:
        """The question with the most answers of one label; the first of them."""
        return max(self._by_question, key=lambda name: self._by_question[name]["one"], default="")

    @property
    def rejected(self) -> str:
        """The one label of a file in which it is accepted or rejected."""
        return next(iter(self._binary)) if len(self._binary) == 1 and any(self._binary.values()) else ""

    def notes(self) -> tuple[str, ...]:
        here = self._by_question.get(self.question, Counter[str]())
        taken = here["one"] + (here["rejected"] if self.rejected else 0)
        units = counted(self.n, self.tool.unit)
        who = f", {counted(len(self.annotators), 'annotator')}" if self.annotators else ""
        left = self.left.copy()
        left[SEVERAL] += here["several"]
        left["answer without a label|answers without a label"] += here["none"]
        left["rejected label|rejected labels"] += 0 if self.rejected else here["rejected"]
        for name, answers in self._by_question.items():
            if name != self.question:
                left[f"answer to the question {quoted(name)}|answers to the question {quoted(name)}"] += answers.total()
        said = [f"Read as {self.tool.name}: {units}, {counted(taken, 'label')}{who}{_left_out(left)}."]
        if self.rejected:
            said.append(f"A rejected {quoted(self.rejected)} was read as the class {quoted(NO.format(self.rejected))}.")
        return tuple(said)


def _left_out(left: Left) -> str:
    parts = [f"{n:,} {what.partition('|')[0 if n == 1 else 2]}" for what, n in left.items() if n]
    if not parts:
        return ""
    return f"; left out: {listed(parts)}"


def _free(name: str, fields: Mapping[str, None]) -> str:
    """Our column's name, beside the file's own."""
    while name in fields:
        name = f"exported {name}"
    return name
