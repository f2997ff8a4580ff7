from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    name = "annotation"

    def ready(self) -> None:
        # models must be loaded first
        from annotation.actions import detect, estimate_consensus, import_items, reorder, work  # noqa: PLC0415

        work.JOB_RUNNERS.update({"import": import_items.run, "detection": detect.run})
        work.JOB_RUNNERS.update({"consensus": estimate_consensus.run, "reorder": reorder.run})
