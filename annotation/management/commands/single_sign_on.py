from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from annotation.models import User


class Command(BaseCommand):
    help = "Say by which mail address somebody comes in by single sign-on, or that they don't any more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user")
        parser.add_argument("--address", help="which the provider has to call verified")
        parser.add_argument("--off", action="store_true", help="their password only, from now on")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        if options["off"] or options["address"]:
            SocialAccount.objects.filter(user=user).delete()
            EmailAddress.objects.filter(user=user).delete()
        if options["address"]:
            self._give(user, options["address"].strip().lower())
        told = ", ".join(EmailAddress.objects.filter(user=user).values_list("email", flat=True))
        self.stdout.write(f"{user.get_username()}: {f'comes in as {told}' if told else 'no single sign-on'}")

    def _give(self, user: User, address: str) -> None:
        validate_email(address)
        if EmailAddress.objects.filter(email__iexact=address).exists():
            raise CommandError(f"{address} is another account's.")
        EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
