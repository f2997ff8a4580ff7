"""The tables of people and labels, one file per noun."""

from annotation.models.audit import Audit, AuditItem, LearnedOrder
from annotation.models.consensus import Consensus
from annotation.models.dataset import Annotator, CostMatrix, Dataset, Guideline, LabelClass, Membership, Reason
from annotation.models.detection import Detection, Finding, FindingItem, Flag, Group, GroupMember, Ruling
from annotation.models.item import Item
from annotation.models.job import Job
from annotation.models.label import DECIDED, CurrentLabel, Label
from annotation.models.people import User, Visitor
from annotation.models.prediction import PredictionSet
from annotation.models.review import Case, CaseItem, ClosedPair, Decision, Skip
from annotation.models.snapshot import Snapshot, SnapshotRow

__all__ = [
    "DECIDED",
    "Annotator",
    "Audit",
    "AuditItem",
    "Case",
    "CaseItem",
    "ClosedPair",
    "Consensus",
    "CostMatrix",
    "CurrentLabel",
    "Dataset",
    "Decision",
    "Detection",
    "Finding",
    "FindingItem",
    "Flag",
    "Group",
    "GroupMember",
    "Guideline",
    "Item",
    "Job",
    "Label",
    "LabelClass",
    "LearnedOrder",
    "Membership",
    "PredictionSet",
    "Reason",
    "Ruling",
    "Skip",
    "Snapshot",
    "SnapshotRow",
    "User",
    "Visitor",
]
