"""A link by which somebody who forgot their password chooses a new one: by mail, or handed over by a person."""

from threading import Thread

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from annotation.actions.guarding.tries import once_in
from annotation.actions.talking.mailing import deliver
from annotation.core.refusal import Refusal
from annotation.models import Membership, User

# Somebody who asks again and again does not fill a mailbox.
MAIL_EVERY = 300  # seconds


class UnableToReset(Refusal):
    """There is no such account, or it is not this person's to open."""


def reset_path(user: User) -> str:
    """The link's path; it works once, until the password is another or somebody logs in, and for
    PASSWORD_RESET_TIMEOUT seconds. Raises UnableToReset for an account that is switched off."""
    if not user.is_active:
        raise UnableToReset(f"{user.get_username()} is deactivated; reactivate the account first.")
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("reset", args=[uid, default_token_generator.make_token(user)])


def reset_path_by(by: User, user: User) -> str:
    """The same, made by another person; raises UnableToReset where that would give them what is not theirs to see.

    Whoever has the link is `user` from then on. So a lead may make one only for somebody who is an expert in datasets
    that this lead leads, and nothing else.
    """
    if by.pk == user.pk:
        raise UnableToReset("Change your own password on your account's page.")
    if not (by.is_superuser or _staff_may(by, user) or _lead_may(by, user)):
        raise UnableToReset(
            f"{user.get_username()} can see more than your datasets, so you can't make this link: whoever runs the "
            "site does, with manage.py reset_link."
        )
    return reset_path(user)


def _staff_may(by: User, user: User) -> bool:
    return by.is_staff and not (user.is_staff or user.is_superuser)


def _lead_may(by: User, user: User) -> bool:
    led = set(Membership.objects.filter(user=by, role=Membership.LEAD).values_list("dataset", flat=True))
    theirs = list(Membership.objects.filter(user=user).values_list("dataset", "role"))
    plain = not (user.is_staff or user.is_superuser) and all(role == Membership.EXPERT for _, role in theirs)
    return plain and bool(theirs) and {dataset for dataset, _ in theirs} <= led


def mail_reset(typed: str) -> None:
    """Mail a link to the account of that name or address, if there is one with an address. Takes as long either way:
    nothing tells whether there is."""
    Thread(target=_mail_to, args=(typed,)).start()


def _mail_to(typed: str) -> int:
    try:
        return _sent(typed)
    finally:
        connection.close()


def _sent(typed: str) -> int:
    from_name = User.objects.filter(username=typed, is_active=True).exclude(email="")
    found = list(from_name) or list(User.objects.filter(email__iexact=typed, is_active=True).exclude(email=""))
    mails = [_mail(user) for user in found if once_in(MAIL_EVERY, user, timezone.now())]
    return deliver(mails) if mails else 0


def _mail(user: User) -> EmailMessage:
    body = (
        f"Somebody asked for a new password for {user.get_username()}. If that was you, choose it within a day:\n\n"
        f"{settings.SITE_URL}{reset_path(user)}\n\nIf not, nothing has changed.\n\nSecond Look\n"
    )
    return EmailMessage("A new password for Second Look", body, to=[user.email])
