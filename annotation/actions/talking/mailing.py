"""Notices by mail, where a mail server is set: after the commit and beside the request, for nobody waits for mail."""

import logging
from collections.abc import Iterable, Sequence
from threading import Thread

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from annotation.models import Dataset, User

log = logging.getLogger(__name__)


def mail_on_commit(dataset: Dataset, users: Iterable[int], text: str, path: str) -> None:
    """Send `text` with a link to `path` to those of `users` (ids) who have an address. Nothing where no server is."""
    if not settings.EMAIL_HOST:
        return
    active = User.objects.filter(pk__in=list(users), is_active=True).exclude(email="")
    addresses = sorted(set(active.values_list("email", flat=True)))
    mails = [_mail(dataset, address, text, path) for address in addresses]
    if mails:
        transaction.on_commit(lambda: Thread(target=deliver, args=(mails,)).start())


def deliver(mails: Sequence[EmailMessage]) -> int:
    """How many were sent. What fails is logged and goes no further: the notice is there anyway."""
    sent = 0
    try:
        with get_connection() as server:
            for mail in mails:
                sent += server.send_messages([mail]) or 0
    except OSError as error:  # what smtplib raises as well
        log.warning("%s of %s mails could not be sent: %s", len(mails) - sent, len(mails), error)
    return sent


def _mail(dataset: Dataset, address: str, text: str, path: str) -> EmailMessage:
    # a name with a line break in it would be refused as a header
    subject = " ".join(f"{dataset.name}: {text}".split())[:120]
    body = f"{text}\n\n{settings.SITE_URL}{path}\n" if path else f"{text}\n"
    return EmailMessage(subject, f"{body}\n{dataset.name}, Second Look\n", to=[address])
