"""All settings, from the environment. A value that makes no sense stops the start with one sentence.

`docs/operator.md` lists every variable read here.
"""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def env_bool(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value not in {"", "1", "0", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} is {value!r}; write 1 or 0.")
    return value in {"1", "true", "yes"} if value else default


def env_number(name: str, default: float) -> float:
    value = os.environ.get(name, "").strip()
    try:
        number = float(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a number.") from None
    if number < 0:
        raise ImproperlyConfigured(f"{name} is {value!r}; write a number that is not negative.")
    return number


def env_list(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


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


def kept_secret_key(path: Path) -> str:
    """A random key that survives restarts. `os.link` lets exactly one of several first starts win."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


PRODUCTION = env_bool("SECONDLOOK_PRODUCTION", False)
DEBUG = env_bool("SECONDLOOK_DEBUG", False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("SECONDLOOK_DEBUG shows internals to visitors; unset it in production.")

# Texts leave the site only for this server, only to a host named here, and only once a lead says so for a dataset.
LLM_MODEL = os.environ.get("SECONDLOOK_LLM_MODEL", "").strip()
LLM_HOSTS = [host.lower() for host in env_list("SECONDLOOK_LLM_HOSTS")]
LLM_URL = checked_llm_url(os.environ.get("SECONDLOOK_LLM_URL", "").strip(), LLM_MODEL, LLM_HOSTS)
LLM_KEY = os.environ.get("SECONDLOOK_LLM_KEY", "").strip()
LLM_SECONDS = env_number("SECONDLOOK_LLM_SECONDS", 30)

DATA_DIR = Path(os.environ.get("SECONDLOOK_DATA_DIR") or BASE_DIR / "data").resolve()
try:
    for folder in ("artifacts", "uploads"):
        (DATA_DIR / folder).mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(
        f"The data folder {DATA_DIR} can't be written ({error.strerror}); point SECONDLOOK_DATA_DIR at one that can."
    ) from None
ARTIFACTS_DIR = DATA_DIR / "artifacts"
UPLOADS_DIR = DATA_DIR / "uploads"

SECRET_KEY = os.environ.get("SECONDLOOK_SECRET_KEY", "")
if not SECRET_KEY and PRODUCTION:
    raise ImproperlyConfigured("SECONDLOOK_SECRET_KEY is not set; production has no default for it.")
SECRET_KEY = SECRET_KEY or kept_secret_key(DATA_DIR / "secret_key")

ALLOWED_HOSTS = env_list("SECONDLOOK_HOSTS") or ["127.0.0.1", "localhost", "[::1]"]
if PRODUCTION and not env_list("SECONDLOOK_HOSTS"):
    raise ImproperlyConfigured("SECONDLOOK_HOSTS is not set; name the hosts this site answers to, comma separated.")
CSRF_TRUSTED_ORIGINS = env_list("SECONDLOOK_ORIGINS")
USE_TLS = env_bool("SECONDLOOK_TLS", PRODUCTION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = USE_TLS
SECURE_HSTS_SECONDS = 31_536_000 if USE_TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_bool("SECONDLOOK_BEHIND_PROXY", False) else None
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "django_htmx",
    "annotation",
    "modeling",
]
MIDDLEWARE = [
    "annotation.views.failures.name_requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "annotation.views.limits.nul.RefuseNul",
    "annotation.views.limits.out_of_time.TellOutOfTime",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
# Style attributes carry the widths of chart parts; scripts come from our own files only.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
# Forms are written by templates/django/forms/ where a template of that name is there, else by Django's own.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": dj_database_url.parse(os.environ.get("DATABASE_URL") or f"sqlite:///{DATA_DIR}/db.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # DEFERRED transactions fail at once with "database is locked" when two of them start to write.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;",
    }
else:
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 8, "timeout": 30}}
# PostgreSQL gives up a statement of a page after so long; `config.wsgi` says so, for jobs and commands take their time.
STATEMENT_SECONDS = env_number("SECONDLOOK_STATEMENT_SECONDS", 15)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Links by which a password is chosen anew.
PASSWORD_RESET_TIMEOUT = 86_400
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "datasets"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = os.environ.get("SECONDLOOK_TIME_ZONE") or "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served from where they lie: no build step, and the pages need nothing from another host.
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 300
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
FILE_UPLOAD_TEMP_DIR = str(UPLOADS_DIR)

# To standard error, where whatever runs the processes collects it. Django's own would write nothing outside of debug.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"id": {"()": "annotation.core.log_ids.WithId"}},
    "formatters": {"lines": {"format": "%(asctime)s %(levelname)s [%(id)s] %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["id"], "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # The worker sets the root's level to its own, so these have theirs. What was not found is nobody's mistake.
    "loggers": {
        "django": {"handlers": [], "level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "annotation": {"level": "WARNING"},
        "modeling": {"level": "WARNING"},
    },
}

# Without Redis nothing rings, and workers look into the database for what waits.
REDIS_URL = CELERY_BROKER_URL = os.environ.get("REDIS_URL", "")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = os.environ.get("SECONDLOOK_LANE") or "secondlook"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

HEARTBEAT_SECONDS = env_number("SECONDLOOK_HEARTBEAT_SECONDS", 2)
STALE_SECONDS = env_number("SECONDLOOK_STALE_SECONDS", 15)
LEASE_MINUTES = env_number("SECONDLOOK_LEASE_MINUTES", 20)
REORDER_EVERY = env_number("SECONDLOOK_REORDER_EVERY", 5)

# Without a host no mail is sent: notices are in the app all the same.
EMAIL_HOST = os.environ.get("SECONDLOOK_MAIL_HOST", "")
EMAIL_PORT = int(env_number("SECONDLOOK_MAIL_PORT", 587))
EMAIL_HOST_USER = os.environ.get("SECONDLOOK_MAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("SECONDLOOK_MAIL_PASSWORD", "")
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_USE_TLS = env_bool("SECONDLOOK_MAIL_TLS", bool(EMAIL_HOST)) and not EMAIL_USE_SSL
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = os.environ.get("SECONDLOOK_MAIL_FROM") or EMAIL_HOST_USER or "second-look@localhost"
SITE_URL = (os.environ.get("SECONDLOOK_SITE_URL") or "http://localhost:8000").rstrip("/")
if EMAIL_HOST and not os.environ.get("SECONDLOOK_SITE_URL"):
    raise ImproperlyConfigured(
        "SECONDLOOK_SITE_URL is not set; links in mails need it, such as https://labels.example.org."
    )
