"""One detector per file, and the one literal dict that names them all."""

from annotation.core.detectors.annotator_disagreement import AnnotatorDisagreement
from annotation.core.detectors.count_rule import CountRule
from annotation.core.detectors.label_error import LabelError
from annotation.core.detectors.leakage import Leakage
from annotation.core.detectors.near_duplicate_conflict import NearDuplicateConflict
from annotation.core.detectors.paraphrase import Paraphrase
from annotation.core.detectors.suspicion import Detector

DETECTORS: dict[str, Detector] = {
    "near_duplicate_conflict": NearDuplicateConflict(),
    "label_error": LabelError(),
    "annotator_disagreement": AnnotatorDisagreement(),
    "count_rule": CountRule(),
    "paraphrase": Paraphrase(),
    "leakage": Leakage(),
}
