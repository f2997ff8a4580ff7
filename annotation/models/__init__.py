"""The tables of people and labels, one file per noun."""

from annotation.models.accounts.access_log import AccessRecord
from annotation.models.accounts.access_token import AccessToken
from annotation.models.accounts.throttle import Throttle
from annotation.models.audit import Audit, AuditItem, LearnedOrder
from annotation.models.changes import ClassChange, DatasetChange, Erasure
from annotation.models.consensus import Consensus
from annotation.models.dataset import (
    Annotator,
    CostMatrix,
    Dataset,
    Guideline,
    LabelClass,
    Membership,
    Reason,
    class_now,
    name_now,
)
from annotation.models.detection import Detection, Finding, FindingItem, Flag, Group, GroupMember, Ruling
from annotation.models.item import FileImport, ImportTakenBack, Item, ItemCount, LeftOutRow, SavedFilter
from annotation.models.job import Job
from annotation.models.label import DECIDED, DECIDED_ROW, OF_FILES, CurrentLabel, Label, basis_now
from annotation.models.offline import OfflineBatch, OfflineRow
from annotation.models.operating.process import Process
from annotation.models.opinion import Opinion, OpinionAnswer, OpinionRound, OpinionSwitch
from annotation.models.people import User, Visitor
from annotation.models.prediction import PredictionSet
from annotation.models.production import ProductionDraw, ProductionItem
from annotation.models.qualification import (
    Gold,
    Invitation,
    Pause,
    QualificationResult,
    QualificationTest,
    QuestionOfTest,
)
from annotation.models.review import Case, CaseItem, ClosedPair, Decision, Skip, SkipUndo
from annotation.models.routing import Expertise, Reservation, RoutingRules, SkillEstimate
from annotation.models.snapshot import Snapshot, SnapshotRow
from annotation.models.talk import Comment, Notice, OwnKeys

__all__ = [
    "DECIDED",
    "DECIDED_ROW",
    "OF_FILES",
    "AccessRecord",
    "AccessToken",
    "Annotator",
    "Audit",
    "AuditItem",
    "Case",
    "CaseItem",
    "ClassChange",
    "ClosedPair",
    "Comment",
    "Consensus",
    "CostMatrix",
    "CurrentLabel",
    "Dataset",
    "DatasetChange",
    "Decision",
    "Detection",
    "Erasure",
    "Expertise",
    "FileImport",
    "Finding",
    "FindingItem",
    "Flag",
    "Gold",
    "Group",
    "GroupMember",
    "Guideline",
    "ImportTakenBack",
    "Invitation",
    "Item",
    "ItemCount",
    "Job",
    "Label",
    "LabelClass",
    "LearnedOrder",
    "LeftOutRow",
    "Membership",
    "Notice",
    "OfflineBatch",
    "OfflineRow",
    "Opinion",
    "OpinionAnswer",
    "OpinionRound",
    "OpinionSwitch",
    "OwnKeys",
    "Pause",
    "PredictionSet",
    "Process",
    "ProductionDraw",
    "ProductionItem",
    "QualificationResult",
    "QualificationTest",
    "QuestionOfTest",
    "Reason",
    "Reservation",
    "RoutingRules",
    "Ruling",
    "SavedFilter",
    "SkillEstimate",
    "Skip",
    "SkipUndo",
    "Snapshot",
    "SnapshotRow",
    "Throttle",
    "User",
    "Visitor",
    "basis_now",
    "class_now",
    "name_now",
]
