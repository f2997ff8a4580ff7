"""What a setting may be. Each function returns the value, or stops the start with one sentence."""

import math
import os
import re
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured

# Of a key that is drawn at random; Django's own check asks for as many characters.
KEY_LENGTH, KEY_CHARACTERS = 50, 12
TOKEN_LENGTH = 20
DATABASES = ("postgres", "postgresql", "sqlite")
BROKERS = ("redis", "rediss")


def env_bool(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value not in {"", "1", "0", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} is {value!r}; write 1 or 0.")
    return value in {"1", "true", "yes"} if value else default


def env_number(name: str, default: float, least: float = 0.0) -> float:
    value = os.environ.get(name, "").strip()
    try:
        number = float(value) if value else default
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ImproperlyConfigured(f"{name} is {value!r}; write a number.")
    if number < 0:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a number that is not negative.")
    if number < least:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a number that is at least {least:g}.")
    return number


def env_whole(name: str, default: int, least: int = 0, most: int = 1_000_000_000) -> int:
    number = env_number(name, default)
    if number != int(number) or not least <= number <= most:
        raise ImproperlyConfigured(f"{name} is {number:g}; write a whole number from {least} to {most}.")
    return int(number)


def env_list(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def env_secret(name: str) -> str:
    """The variable, or what stands in the file that the variable of the same name and `_FILE` names."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return os.environ.get(name, "").strip()
    if os.environ.get(name, "").strip():
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; unset one of them.")
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which can't be read ({error}).") from None


def checked_secret_key(key: str, production: bool) -> str:
    """In production one that nobody guesses."""
    if production and (len(key) < KEY_LENGTH or len(set(key)) < KEY_CHARACTERS):
        raise ImproperlyConfigured(
            f"SECONDLOOK_SECRET_KEY can be guessed; write at least {KEY_LENGTH} random characters, such as "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(50))' prints."
        )
    return key


def checked_token(token: str) -> str:
    """The bearer token of whoever reads the metrics; "" = nobody does."""
    if token and (len(token) < TOKEN_LENGTH or not re.fullmatch(r"[\x21-\x7e]+", token)):
        raise ImproperlyConfigured(
            f"SECONDLOOK_METRICS_TOKEN can be guessed or sent by no client; write at least {TOKEN_LENGTH} random "
            "letters and digits."
        )
    return token


def checked_hosts(hosts: list[str]) -> list[str]:
    for host in hosts:
        if not re.fullmatch(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\]", host):
            raise ImproperlyConfigured(
                f"SECONDLOOK_HOSTS names {host!r}; write host names alone, such as labels.example.org."
            )
    return hosts


def checked_origins(origins: list[str]) -> list[str]:
    for origin in origins:
        if not re.fullmatch(r"https?://[^/?#\s]+", origin):
            raise ImproperlyConfigured(
                f"SECONDLOOK_ORIGINS names {origin!r}; write each such as https://labels.example.org."
            )
    return origins


def checked_database_url(url: str) -> str:
    """The URL without which SQLite's file in the data folder is meant, which is ""."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        known = parts.scheme in DATABASES and parts.port != 0
    except ValueError:  # of a port that is none
        known = False
    # what stands before the host may be a password
    if not known:
        raise ImproperlyConfigured(
            "DATABASE_URL names no database this site can use; write one such as postgres://user:password@host:5432/name."
        )
    if not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL names no database after the host; write postgres://host:5432/name.")
    return url


def checked_redis_url(url: str) -> str:
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        known = parts.scheme in BROKERS and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known or not re.fullmatch(r"/?[0-9]{0,4}", parts.path):
        raise ImproperlyConfigured("REDIS_URL names no Redis; write one such as redis://host:6379/0.")
    return url


def checked_site_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"SECONDLOOK_SITE_URL is {url!r}; write one such as https://labels.example.org.")
    return url.rstrip("/")


def checked_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ImproperlyConfigured(
            f"SECONDLOOK_TIME_ZONE is {name!r}; write the name of a zone, such as Europe/Berlin."
        ) from None
    return name


def checked_lane(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", name):
        raise ImproperlyConfigured(
            f"SECONDLOOK_LANE is {name!r}; write letters, digits, points, hyphens and underscores only."
        )
    return name


def checked_works(lane: str) -> str:
    if lane not in ("all", "quick", "heavy"):
        raise ImproperlyConfigured(f"SECONDLOOK_WORKS is {lane!r}; write all, quick or heavy.")
    return lane


def checked_silences(heartbeat: float, stale: float, silent: float) -> None:
    """Who shows life every so often can't be given up for dead sooner."""
    if stale < 2 * heartbeat or not stale:
        raise ImproperlyConfigured(
            f"SECONDLOOK_STALE_SECONDS is {stale:g}; write at least twice SECONDLOOK_HEARTBEAT_SECONDS, {heartbeat:g}."
        )
    if silent < 5 or silent < 2 * heartbeat:
        raise ImproperlyConfigured(
            f"SECONDLOOK_SILENT_SECONDS is {silent:g}; write 5 or more, and twice SECONDLOOK_HEARTBEAT_SECONDS."
        )


def checked_llm_url(url: str, model: str, hosts: list[str]) -> str:
    """The base URL of the server that gives second opinions, "" = there is none."""
    if not url:
        return ""
    nonsense = ImproperlyConfigured(f"SECONDLOOK_LLM_URL is {url!r}; write one such as https://llm.example.org/v1.")
    try:
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # of a port or an IPv6 address that is none
        raise nonsense from None
    if not named:
        raise nonsense
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ImproperlyConfigured("SECONDLOOK_LLM_URL must hold no password or query; the key is SECONDLOOK_LLM_KEY.")
    if parts.hostname not in hosts:
        raise ImproperlyConfigured(
            f"SECONDLOOK_LLM_URL names {parts.hostname}; name in SECONDLOOK_LLM_HOSTS the hosts that texts may go to."
        )
    if not model:
        raise ImproperlyConfigured("SECONDLOOK_LLM_MODEL is not set; name the model that is asked.")
    return url.rstrip("/")


def checked_oidc_issuer(url: str, needed: dict[str, object]) -> str:
    """The address of the provider of single sign-on, "" = there is none. needed: what has to be set as well."""
    if not url:
        return ""
    parts = urlsplit(url)
    here = parts.hostname in ("localhost", "127.0.0.1")
    if not parts.hostname or parts.scheme != "https" and not here:
        raise ImproperlyConfigured(f"SECONDLOOK_OIDC_ISSUER is {url!r}; write one such as https://login.example.org.")
    for name, value in needed.items():
        if not value:
            raise ImproperlyConfigured(f"{name} is not set; single sign-on needs it beside SECONDLOOK_OIDC_ISSUER.")
    return url.rstrip("/")
