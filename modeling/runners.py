"""What works each kind of job of this app, and what it needs loaded with the first job of that kind."""

from annotation.actions.jobs.work import JOB_RUNNERS
from annotation.core.running.loaded import later

JOB_RUNNERS.update({
    "training": later("modeling.actions.training.train.run"),
    "training_fold": later("modeling.actions.training.folds.run"),
    "comparison": later("modeling.actions.proving.compare.run"),
    "diagnosis": later("modeling.actions.proving.diagnose.run"),
    "attribution": later("modeling.actions.proving.attribute.run"),
    "sweep": later("modeling.actions.training.sweep.run"),
    "capacity": later("modeling.actions.training.capacity.run"),
    "learning_curve": later("modeling.actions.training.learning_curve.run"),
    "description": later("modeling.actions.running.describe_run.run"),
    "robustness": later("modeling.actions.running.check_robustness.run"),
    "pricing": later("modeling.actions.proving.price_run.run"),
    "unlikeness": later("modeling.actions.proving.measure_unlikeness.run"),
    "returns": later("modeling.actions.watching.measure_returns.run"),
    "live_check": later("modeling.actions.watching.check_live.run"),
    "prediction": later("modeling.actions.running.predict_file.run"),
    "demo": later("modeling.demo.play.run"),
})  # fmt: skip
