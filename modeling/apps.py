from django.apps import AppConfig


class ModelingConfig(AppConfig):
    name = "modeling"

    def ready(self) -> None:
        # models must be loaded first
        from annotation.actions import work  # noqa: PLC0415
        from modeling.actions import (  # noqa: PLC0415
            capacity,
            check_robustness,
            compare,
            demo,
            describe_run,
            learning_curve,
            predict_file,
            price_run,
            sweep,
            train,
        )

        work.JOB_RUNNERS.update({
            "training": train.run, "comparison": compare.run, "demo": demo.run, "sweep": sweep.run,
            "capacity": capacity.run, "learning_curve": learning_curve.run, "description": describe_run.run,
            "robustness": check_robustness.run, "pricing": price_run.run, "prediction": predict_file.run,
        })  # fmt: skip
