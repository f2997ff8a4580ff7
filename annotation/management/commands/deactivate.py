from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from annotation.access import UnableToFind
from annotation.actions.people.deactivate import deactivate, reactivate
from annotation.management.house import HouseCommand, add_json


class Command(HouseCommand):
    help = "Switch a user's account off: logged out, their cases back in the queue. What they decided stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user")
        parser.add_argument("--reactivate", action="store_true", help="switch it on again")
        add_json(parser)

    def act(self, options: dict[str, Any]) -> dict[str, Any]:
        user = get_user_model().objects.filter(username=options["user"]).first()
        if user is None:
            raise UnableToFind(f"There is no user {options['user']!r}.")
        if options["reactivate"]:
            reactivate(user, None)
        else:
            deactivate(user, None, timezone.now())
        return {"user": user.get_username(), "active": options["reactivate"]}
