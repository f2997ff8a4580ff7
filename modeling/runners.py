"""What works each kind of job of this app; loaded by `work` with the first job."""

from annotation.actions.jobs.work import JOB_RUNNERS
from modeling.actions.proving import attribute, compare, diagnose, measure_unlikeness, price_run
from modeling.actions.running import check_robustness, describe_run, predict_file
from modeling.actions.training import capacity, folds, learning_curve, sweep, train
from modeling.actions.watching import check_live, measure_returns
from modeling.demo import play

JOB_RUNNERS.update({
    "training": train.run,
    folds.KIND: folds.run,
    "comparison": compare.run,
    "diagnosis": diagnose.run,
    "attribution": attribute.run,
    "sweep": sweep.run,
    "capacity": capacity.run,
    "learning_curve": learning_curve.run,
    "description": describe_run.run,
    "robustness": check_robustness.run,
    "pricing": price_run.run,
    "unlikeness": measure_unlikeness.run,
    "returns": measure_returns.run,
    "live_check": check_live.run,
    "prediction": predict_file.run,
    "demo": play.run,
})  # fmt: skip
