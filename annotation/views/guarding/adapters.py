"""What django-allauth asks of a site: who may register (nobody), what follows a log-in, how secrets are kept."""

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from annotation.access import address_of_request
from annotation.actions.guarding.access_log import record
from annotation.actions.guarding.log_in import NOTE, NOTE_DAYS, note_for
from annotation.models import AccessRecord, User


class AccountAdapter(DefaultAccountAdapter):
    """Log-ins of every kind end here."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(
        self, request: HttpRequest, level: int, *args: Any, message: str | None = None, **more: Any
    ) -> None:
        """The site's own pages say what was done; what went wrong is passed on."""
        if level >= messages.ERROR and message:
            messages.error(request, message)

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        answer = super().post_login(request, user, **more)
        remember_browser(answer, user)
        log_access(request, AccessRecord.LOG_IN, user)
        return answer


class SecondFactorAdapter(DefaultMFAAdapter):
    """The secrets of apps and recovery codes are in the database under a key made of the site's secret key."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_totp_label(self, user: User) -> str:
        return user.get_username()

    def get_totp_issuer(self) -> str:
        return f"Second Look {self._get_site_name()}"


def remember_browser(answer: HttpResponse, user: User) -> None:
    """Whoever guesses at this account does not pause it here."""
    answer.set_cookie(
        NOTE, note_for(user), max_age=NOTE_DAYS * 86_400, path=reverse("login"), httponly=True,
        secure=settings.SESSION_COOKIE_SECURE, samesite="Lax",
    )  # fmt: skip


def log_access(request: HttpRequest, kind: str, user: User | None, what: str = "") -> None:
    record(kind, user, timezone.now(), address=address_of_request(request), what=what)


def _cipher() -> Fernet:
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), digest_size=32, person=b"second factor").digest()
    return Fernet(base64.urlsafe_b64encode(key))
