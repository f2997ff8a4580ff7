from django.apps import AppConfig


class ModelingConfig(AppConfig):
    name = "modeling"

    def ready(self) -> None:
        # models must be loaded first
        from annotation.actions.jobs import work  # noqa: PLC0415
        from modeling.actions.proving import compare, price_run  # noqa: PLC0415
        from modeling.actions.running import check_robustness, describe_run, predict_file  # noqa: PLC0415
        from modeling.actions.training import capacity, learning_curve, sweep, train  # noqa: PLC0415
        from modeling.demo import play  # noqa: PLC0415

        work.JOB_RUNNERS.update({
            "training": train.run, "comparison": compare.run, "demo": play.run, "sweep": sweep.run,
            "capacity": capacity.run, "learning_curve": learning_curve.run, "description": describe_run.run,
            "robustness": check_robustness.run, "pricing": price_run.run, "prediction": predict_file.run,
        })  # fmt: skip
