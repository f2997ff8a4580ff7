from django.apps import AppConfig


class ModelingConfig(AppConfig):
    name = "modeling"

    def ready(self) -> None:
        from annotation.actions import work  # noqa: PLC0415  models must be loaded first
        from modeling.actions import compare, demo, describe_run, learning_curve, train  # noqa: PLC0415

        work.JOB_RUNNERS.update({
            "training": train.run, "comparison": compare.run, "demo": demo.run, "learning_curve": learning_curve.run,
            "description": describe_run.run,
        })  # fmt: skip
