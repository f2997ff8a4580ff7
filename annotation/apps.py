from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    name = "annotation"

    def ready(self) -> None:
        # models must be loaded first
        from annotation.actions.crowd import estimate_consensus  # noqa: PLC0415
        from annotation.actions.detecting import detect  # noqa: PLC0415
        from annotation.actions.files import import_items  # noqa: PLC0415
        from annotation.actions.jobs import work  # noqa: PLC0415
        from annotation.actions.queue import reorder  # noqa: PLC0415

        work.JOB_RUNNERS.update({"import": import_items.run, "detection": detect.run})
        work.JOB_RUNNERS.update({"consensus": estimate_consensus.run, "reorder": reorder.run})
