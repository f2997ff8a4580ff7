from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from annotation.access import UnableToFind
from annotation.actions.people.reset import reset_path
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Make a link by which a user chooses a new password; it works once, for a day. Whoever has it is that user."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        user = get_user_model().objects.filter(username=options["user"]).first()
        if user is None:
            raise UnableToFind(f"There is no user {options['user']!r}; add_member creates one.")
        hours = settings.PASSWORD_RESET_TIMEOUT // 3600
        return {"user": user.get_username(), "link": f"{settings.SITE_URL}{reset_path(user)}", "hours": hours}
