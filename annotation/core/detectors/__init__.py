"""One detector per file, and the one literal dict that names them all."""

from annotation.core.detectors.annotator_disagreement import AnnotatorDisagreement
from annotation.core.detectors.annotator_shortcut import AnnotatorShortcut
from annotation.core.detectors.contested_confident import ContestedConfident
from annotation.core.detectors.count_rule import CountRule
from annotation.core.detectors.drift import Drift
from annotation.core.detectors.few_sources import FewSources
from annotation.core.detectors.label_error import LabelError
from annotation.core.detectors.leakage import Leakage
from annotation.core.detectors.near_duplicate_conflict import NearDuplicateConflict
from annotation.core.detectors.outlier import Outlier
from annotation.core.detectors.paraphrase import Paraphrase
from annotation.core.detectors.slices import Slices
from annotation.core.detectors.suspicion import Detector
from annotation.core.detectors.unclear_class import UnclearClass

DETECTORS: dict[str, Detector] = {
    "near_duplicate_conflict": NearDuplicateConflict(),
    "label_error": LabelError(),
    "annotator_disagreement": AnnotatorDisagreement(),
    "count_rule": CountRule(),
    "contested_confident": ContestedConfident(),
    "outlier": Outlier(),
    "slices": Slices(),
    "unclear_class": UnclearClass(),
    "drift": Drift(),
    "annotator_shortcut": AnnotatorShortcut(),
    "few_sources": FewSources(),
    "paraphrase": Paraphrase(),
    "leakage": Leakage(),
}
