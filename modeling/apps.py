from django.apps import AppConfig


class ModelingConfig(AppConfig):
    name = "modeling"

    def ready(self) -> None:
        # models must be loaded first
        from annotation.actions import work  # noqa: PLC0415
        from modeling.actions import capacity, compare, demo, predict_file, price_run, sweep, train  # noqa: PLC0415

        work.JOB_RUNNERS.update({"training": train.run, "comparison": compare.run, "demo": demo.run})
        work.JOB_RUNNERS.update({"sweep": sweep.run, "capacity": capacity.run})
        work.JOB_RUNNERS.update({"pricing": price_run.run, "prediction": predict_file.run})
