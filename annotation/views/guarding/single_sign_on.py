"""Who a provider of single sign-on vouches for, and into which account that leads."""

import logging
from typing import Any, NoReturn

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect

from annotation.models import AccessRecord, User
from annotation.views.guarding.adapters import log_access

log = logging.getLogger(__name__)
REFUSED = "There is no account here for who you logged in as. Ask whoever runs this site to give yours that address."


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Opens accounts that are there, by an address that both sides vouch for; makes none and changes none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        address = vouched_for(sociallogin)
        if not address or address.rpartition("@")[2] not in settings.OIDC_DOMAINS:
            refuse(request)
        if not sociallogin.is_existing:
            owner = owner_of(address) or refuse(request)
            sociallogin.connect(request, owner)
        if not sociallogin.user.is_active:
            refuse(request)

    def on_authentication_error(self, request: HttpRequest, provider: Any, **more: Any) -> None:
        log.warning("single sign-on failed: %s", more.get("exception") or more.get("error"))
        messages.error(request, "Logging in there did not work. Try again, or log in with your password.")
        raise ImmediateHttpResponse(redirect("login"))


def vouched_for(sociallogin: SocialLogin) -> str:
    """The address that the provider calls verified, "" where there is none or what it says of the person differs."""
    said = sociallogin.account.extra_data
    told, shown = said.get("userinfo") or {}, said.get("id_token") or {}
    if not shown or told.get("sub", shown.get("sub")) != shown.get("sub"):
        return ""
    return next((one.email.lower() for one in sociallogin.email_addresses if one.verified), "")


def owner_of(address: str) -> User | None:
    """The one account that the operator gave this address."""
    found = EmailAddress.objects.filter(email__iexact=address, verified=True, user__is_active=True)[:2]
    return found[0].user if len(found) == 1 else None


def refuse(request: HttpRequest) -> NoReturn:
    log_access(request, AccessRecord.REFUSED, None, "by single sign-on")
    messages.error(request, REFUSED)
    raise ImmediateHttpResponse(redirect("login"))
