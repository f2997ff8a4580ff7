from django.apps import AppConfig


class ModelingConfig(AppConfig):
    name = "modeling"

    def ready(self) -> None:
        from annotation.actions import work  # noqa: PLC0415  models must be loaded first
        from modeling.actions import check_robustness, compare, demo, train  # noqa: PLC0415

        work.JOB_RUNNERS.update({"training": train.run, "comparison": compare.run, "demo": demo.run})
        work.JOB_RUNNERS["robustness"] = check_robustness.run
