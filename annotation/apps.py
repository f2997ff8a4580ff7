from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    name = "annotation"

    def ready(self) -> None:
        from annotation.actions import detect, import_items, work  # noqa: PLC0415  models must be loaded first

        work.JOB_RUNNERS.update({"import": import_items.run, "detection": detect.run})
