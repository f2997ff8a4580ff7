"""The one place that talks to a language model: no redirect, no proxy, no other host, no endless answer."""

import ipaddress
import socket
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from annotation.core.opinions.answers import LATE, REFUSED, UNREADABLE
from annotation.core.refusal import Refusal

# An answer is a class and a sentence; what is longer than this is none.
MOST_BYTES = 65_536
CHUNK = 8_192


class UnableToAskModel(Refusal):
    """No language model can be asked."""


class NoAnswer(Exception):
    """The server was asked and gave nothing to read; `why` is a key of NO_OPINION."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class ModelServer:
    """An OpenAI-compatible server. seconds: after which an answer is late."""

    url: str
    host: str
    model: str
    key: str
    seconds: float


def model_server() -> ModelServer:
    """The one of the settings. Raises UnableToAskModel where there is none."""
    if not settings.LLM_URL:
        raise UnableToAskModel("No language model is set up; whoever runs the site names one in SECONDLOOK_LLM_URL.")
    host = urlsplit(settings.LLM_URL).hostname or ""
    return ModelServer(settings.LLM_URL, host, settings.LLM_MODEL, settings.LLM_KEY, settings.LLM_SECONDS)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Who redirects sends the texts elsewhere."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


# Not by a proxy of the environment either: the lead was shown one host.
_OPENER = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def ask_model(server: ModelServer, body: bytes) -> bytes:
    """The server's reply to one request. Raises NoAnswer, and UnableToAskModel where texts may not go there."""
    _refuse_what_is_not_allowed(server)
    until = time.monotonic() + server.seconds
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "second-look"}
    if server.key:
        headers["Authorization"] = f"Bearer {server.key}"
    request = urllib.request.Request(f"{server.url}/chat/completions", body, headers)
    try:
        with _OPENER.open(request, timeout=server.seconds) as reply:
            return _read(reply, until)
    except urllib.error.HTTPError as error:
        error.close()
        raise NoAnswer(REFUSED) from None
    except TimeoutError:
        raise NoAnswer(LATE) from None
    except urllib.error.URLError as error:
        raise NoAnswer(LATE if isinstance(error.reason, TimeoutError) else REFUSED) from None
    except (OSError, HTTPException):
        raise NoAnswer(REFUSED) from None


def _read(reply: Any, until: float) -> bytes:
    """All of it. A server that sends a byte now and then is late too."""
    parts, size = [], 0
    while part := reply.read1(CHUNK):
        size += len(part)
        if size > MOST_BYTES:
            raise NoAnswer(UNREADABLE)
        if time.monotonic() > until:
            raise NoAnswer(LATE)
        parts.append(part)
    return b"".join(parts)


def _refuse_what_is_not_allowed(server: ModelServer) -> None:
    parts = urlsplit(server.url)
    if parts.hostname not in settings.LLM_HOSTS:
        raise UnableToAskModel(f"Texts may not go to {parts.hostname}; SECONDLOOK_LLM_HOSTS does not name it.")
    if parts.scheme == "https":
        return
    if parts.scheme != "http" or not _is_near(parts.hostname or "", parts.port or 80):
        raise UnableToAskModel(
            f"Texts may go to {parts.hostname} over https only; without it a server must be on this machine or in "
            f"its private network."
        )


def _is_near(host: str, port: int) -> bool:
    """All its addresses are this machine's or private ones (RFC 1918, RFC 4193)."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return False
    addresses = [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in found]
    return bool(addresses) and all(one.is_private or one.is_loopback for one in addresses)
