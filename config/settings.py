"""All settings, from the environment. A value that makes no sense stops the start with one sentence.

`docs/operator.md` lists every variable read here.
"""

import os
import secrets
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.checked import (
    checked_database_url,
    checked_hosts,
    checked_lane,
    checked_llm_url,
    checked_oidc_issuer,
    checked_origins,
    checked_redis_url,
    checked_secret_key,
    checked_silences,
    checked_site_url,
    checked_token,
    checked_works,
    checked_zone,
    env_bool,
    env_list,
    env_number,
    env_secret,
    env_whole,
)

BASE_DIR = Path(__file__).resolve().parent.parent


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

SECRET_KEY = env_secret("SECONDLOOK_SECRET_KEY")
if not SECRET_KEY and PRODUCTION:
    raise ImproperlyConfigured("SECONDLOOK_SECRET_KEY is not set; production has no default for it.")
SECRET_KEY = checked_secret_key(SECRET_KEY, PRODUCTION)

ALLOWED_HOSTS = checked_hosts(env_list("SECONDLOOK_HOSTS")) or ["127.0.0.1", "localhost", "[::1]"]
if PRODUCTION and not env_list("SECONDLOOK_HOSTS"):
    raise ImproperlyConfigured("SECONDLOOK_HOSTS is not set; name the hosts this site answers to, comma separated.")
CSRF_TRUSTED_ORIGINS = checked_origins(env_list("SECONDLOOK_ORIGINS"))
USE_TLS = env_bool("SECONDLOOK_TLS", PRODUCTION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = USE_TLS
SECURE_HSTS_SECONDS = 31_536_000 if USE_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = USE_TLS
# Whether a browser is to know of HSTS before the first visit is asked for whole registered domains, by their owner.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
BEHIND_PROXY = env_bool("SECONDLOOK_BEHIND_PROXY", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "annotation",
    "modeling",
]
MIDDLEWARE = [
    "annotation.views.failures.name_requests",
    "annotation.views.operating.access_lines.write_access_lines",
    "annotation.views.operating.probes.answer_probes",
    "annotation.views.guarding.heads.private",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "annotation.views.limits.nul.RefuseNul",
    "annotation.views.limits.out_of_time.TellOutOfTime",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "annotation.views.guarding.bearer.ByToken",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
# Scripts and styles come from our own files only: none stands in a page, nor in an attribute.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
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

DATABASES = {
    "default": dj_database_url.parse(
        checked_database_url(env_secret("DATABASE_URL")) or f"sqlite:///{DATA_DIR}/db.sqlite3",
        # a connection that was cut while it lay in the pool is replaced, not shown to whoever asks next
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # DEFERRED transactions fail at once with "database is locked" when two of them start to write.
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;"
    # 32 MB: an import writes a page of an index over and over, and need not copy it into the file each time
    pragmas += " PRAGMA wal_autocheckpoint=8000;"
    options = {"transaction_mode": "IMMEDIATE", "timeout": 30, "init_command": pragmas}
    # in memory is what test runners take by themselves for Django's own ENGINE
    DATABASES["default"] |= {"ENGINE": "config.sqlite", "TEST": {"NAME": ":memory:"}, "OPTIONS": options}
else:
    # beside what the address says of its own, such as ?sslmode=require
    options = DATABASES["default"].setdefault("OPTIONS", {})
    options["pool"] = {"min_size": 1, "max_size": 8, "timeout": 30}
    # `annotation.often` asks the same few statements all day: a connection keeps those it was asked so often as
    # planned, by one plan for all values: each has an index to go by
    options.setdefault("prepare_threshold", 3)
    options["options"] = f"-c plan_cache_mode=force_generic_plan {options.get('options', '')}".strip()
# PostgreSQL gives up a statement of a page after so long; `config.wsgi` says so, for jobs and commands take their time.
STATEMENT_SECONDS = env_number("SECONDLOOK_STATEMENT_SECONDS", 15)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Links by which a password is chosen anew.
PASSWORD_RESET_TIMEOUT = 86_400
# Failed log-ins, of an account and from an address, after which more are refused until the time is over.
LOGIN_TRIES = int(env_number("SECONDLOOK_LOGIN_TRIES", 10))
LOGIN_TRIES_ADDRESS = int(env_number("SECONDLOOK_LOGIN_TRIES_ADDRESS", 50))
LOGIN_WAIT_MINUTES = env_number("SECONDLOOK_LOGIN_WAIT_MINUTES", 15)
if not (LOGIN_TRIES and LOGIN_TRIES_ADDRESS and LOGIN_WAIT_MINUTES):
    raise ImproperlyConfigured(
        "SECONDLOOK_LOGIN_TRIES, SECONDLOOK_LOGIN_TRIES_ADDRESS or SECONDLOOK_LOGIN_WAIT_MINUTES is 0: nobody could "
        "log in, or everybody guess; write 1 or more."
    )
# The second factor is django-allauth's; its pages are ours, and the tries are counted here and not in its cache.
ACCOUNT_ADAPTER = "annotation.views.guarding.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
ACCOUNT_FORMS = {"reauthenticate": "annotation.forms.guarding.second_factor.OwnPasswordForm"}
MFA_ADAPTER = "annotation.views.guarding.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
# a passkey can't be guessed, and ten a minute from one address would keep an office out
MFA_RATE_LIMITS = False
MFA_WEBAUTHN_USER_VERIFICATION = "required"
# a browser gives a passkey to a page of this machine without TLS, and to no other
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not USE_TLS
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "annotation.forms.guarding.second_factor.CodeForm",
    "reauthenticate": "annotation.forms.guarding.second_factor.CodeAgainForm",
    "activate_totp": "annotation.forms.guarding.second_factor.FirstCodeForm",
    "add_webauthn": "annotation.forms.guarding.passkeys.NewPasskeyForm",
    "authenticate_webauthn": "annotation.forms.guarding.passkeys.PasskeyAsSecondStepForm",
    "login_webauthn": "annotation.forms.guarding.passkeys.PasskeyForm",
    "reauthenticate_webauthn": "annotation.forms.guarding.passkeys.PasskeyAgainForm",
}
# Single sign-on: who the provider vouches for is let into the account that the operator gave their address.
OIDC_CLIENT = os.environ.get("SECONDLOOK_OIDC_CLIENT", "").strip()
OIDC_SECRET = os.environ.get("SECONDLOOK_OIDC_SECRET", "").strip()
OIDC_DOMAINS = [domain.lower() for domain in env_list("SECONDLOOK_OIDC_DOMAINS")]
OIDC_NAME = os.environ.get("SECONDLOOK_OIDC_NAME", "").strip() or "single sign-on"
OIDC_ISSUER = checked_oidc_issuer(
    os.environ.get("SECONDLOOK_OIDC_ISSUER", "").strip(),
    {
        "SECONDLOOK_OIDC_CLIENT": OIDC_CLIENT,
        "SECONDLOOK_OIDC_SECRET": OIDC_SECRET,
        "SECONDLOOK_OIDC_DOMAINS": OIDC_DOMAINS,
    },
)
SOCIALACCOUNT_ADAPTER = "annotation.views.guarding.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = SOCIALACCOUNT_STORE_TOKENS = SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT,
                "secret": OIDC_SECRET,
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}
LEADS_NEED_CODE = env_bool("SECONDLOOK_LEADS_NEED_CODE", False)
# Who came in and took out what is kept for so long.
ACCESS_LOG_DAYS = env_number("SECONDLOOK_ACCESS_LOG_DAYS", 365)
SESSION_COOKIE_AGE = int(env_number("SECONDLOOK_SESSION_HOURS", 336) * 3600)
if not SESSION_COOKIE_AGE:
    raise ImproperlyConfigured("SECONDLOOK_SESSION_HOURS is 0: nobody would stay logged in; write 1 or more.")
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "datasets"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = checked_zone(os.environ.get("SECONDLOOK_TIME_ZONE") or "UTC")
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served from where they lie: no build step, and the pages need nothing from another host.
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 300
WHITENOISE_ALLOW_ALL_ORIGINS = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # the page of an import has one for each of up to 2,000 columns
FILE_UPLOAD_TEMP_DIR = str(UPLOADS_DIR)

# What a process writes: lines to read, or JSON for whatever collects them; and a line for every request.
LOG_JSON = env_bool("SECONDLOOK_LOG_JSON", False)
ACCESS_LOG = env_bool("SECONDLOOK_ACCESS_LOG", PRODUCTION)
# To standard error, where whatever runs the processes collects it. Django's own would write nothing outside of debug.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"id": {"()": "annotation.core.log_ids.WithId"}},
    "formatters": {
        "plain": {
            "()": "annotation.core.running.log_lines.PlainLine",
            "format": "%(asctime)s %(levelname)s [%(id)s] %(name)s: %(message)s",
        },
        "json": {"()": "annotation.core.running.log_lines.JsonLine"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "filters": ["id"], "formatter": "json" if LOG_JSON else "plain"}
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # The worker sets the root's level to its own, so these have theirs. What was not found is nobody's mistake.
    "loggers": {
        "django": {"handlers": [], "level": "WARNING"},
        "django.request": {"level": "ERROR"},
        # that a request waits for a thread, which the metrics tell as its duration
        "waitress.queue": {"level": "ERROR"},
        "annotation": {"level": "WARNING"},
        "annotation.requests": {"level": "INFO" if ACCESS_LOG else "WARNING"},
        "modeling": {"level": "WARNING"},
    },
}

# Without Redis nothing rings, and workers look into the database for what waits.
REDIS_URL = CELERY_BROKER_URL = checked_redis_url(env_secret("REDIS_URL"))
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = checked_lane(os.environ.get("SECONDLOOK_LANE") or "secondlook")
WORKS = checked_works(os.environ.get("SECONDLOOK_WORKS") or "all")
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A worker finds out of itself that Redis is gone without a word: its host was cut off, or it hangs.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 30, "socket_connect_timeout": 5, "socket_keepalive": True}

HEARTBEAT_SECONDS = env_number("SECONDLOOK_HEARTBEAT_SECONDS", 2)
STALE_SECONDS = env_number("SECONDLOOK_STALE_SECONDS", 15)
SILENT_SECONDS = env_number("SECONDLOOK_SILENT_SECONDS", 60)
checked_silences(HEARTBEAT_SECONDS, STALE_SECONDS, SILENT_SECONDS)
LEASE_MINUTES = env_number("SECONDLOOK_LEASE_MINUTES", 20, least=1)
REORDER_EVERY = env_number("SECONDLOOK_REORDER_EVERY", 5)
REORDER_SECONDS = env_number("SECONDLOOK_REORDER_SECONDS", 30)

# What the operator watches: metrics for whoever has the token, and how little free disk is too little.
METRICS_TOKEN = checked_token(env_secret("SECONDLOOK_METRICS_TOKEN"))
FREE_DISK_MB = env_number("SECONDLOOK_FREE_DISK_MB", 500)
# Processes of the web server on this machine, and requests that each works at a time.
WEB_PROCESSES = env_whole("SECONDLOOK_WEB_PROCESSES", 2, 1, 256)
WEB_THREADS = env_whole("SECONDLOOK_WEB_THREADS", 4, 1, 256)

# Without a host no mail is sent: notices are in the app all the same.
EMAIL_HOST = os.environ.get("SECONDLOOK_MAIL_HOST", "")
EMAIL_PORT = env_whole("SECONDLOOK_MAIL_PORT", 587, 1, 65_535)
EMAIL_HOST_USER = os.environ.get("SECONDLOOK_MAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("SECONDLOOK_MAIL_PASSWORD", "")
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_USE_TLS = env_bool("SECONDLOOK_MAIL_TLS", bool(EMAIL_HOST)) and not EMAIL_USE_SSL
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = os.environ.get("SECONDLOOK_MAIL_FROM") or EMAIL_HOST_USER or "second-look@localhost"
SITE_URL = checked_site_url(os.environ.get("SECONDLOOK_SITE_URL") or "http://localhost:8000")
if EMAIL_HOST and not os.environ.get("SECONDLOOK_SITE_URL"):
    raise ImproperlyConfigured(
        "SECONDLOOK_SITE_URL is not set; links in mails need it, such as https://labels.example.org."
    )

# Last: a start that is refused leaves no key behind.
SECRET_KEY = SECRET_KEY or kept_secret_key(DATA_DIR / "secret_key")
