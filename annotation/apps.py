from django.apps import AppConfig
from django.core.checks import Tags, register
from django.core.checks.registry import registry


class AnnotationConfig(AppConfig):
    name = "annotation"

    def ready(self) -> None:
        """Checks of URLs, templates and the admin load every page and with it all the mathematics: seconds in front of
        each command. They run with `check --deploy`."""
        for check in list(registry.registered_checks):
            if {Tags.urls, Tags.templates, Tags.admin} & set(check.tags):
                registry.registered_checks.discard(check)
                register(check, *check.tags, deploy=True)
