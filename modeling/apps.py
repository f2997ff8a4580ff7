from django.apps import AppConfig


class ModelingConfig(AppConfig):
    name = "modeling"

    def ready(self) -> None:
        from annotation.actions import work  # noqa: PLC0415  models must be loaded first
        from modeling.actions import compare, demo, predict_file, price_run, train  # noqa: PLC0415

        work.JOB_RUNNERS.update({"training": train.run, "comparison": compare.run, "demo": demo.run})
        work.JOB_RUNNERS.update({"pricing": price_run.run, "prediction": predict_file.run})
