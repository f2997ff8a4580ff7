from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from annotation.actions.guarding.access_log import record
from annotation.actions.people.sessions import end_sessions
from annotation.models import AccessRecord, User


class Command(BaseCommand):
    help = "Tell whether somebody logs in with a code, or, for who lost app and recovery codes, ask for none any more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user")
        parser.add_argument("--off", action="store_true", help="ask for no code, and end all sessions")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        kept = Authenticator.objects.filter(user=user)
        if options["off"]:
            kept.delete()
            end_sessions(user)
            record(AccessRecord.ACCOUNT, user, timezone.now(), what="second step switched off by command")
        asked = "a code is" if kept.exists() else "no code is"
        self.stdout.write(f"{user.get_username()}: {asked} asked for after the password")
