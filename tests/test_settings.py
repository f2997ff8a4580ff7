"""Settings are read once, when a process starts: each test is a process of its own."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from annotation.core.running.version import VERSION

ROOT = Path(__file__).resolve().parents[1]
KEY = "kZ3v-9QpXb7_mT4sYw1LrJ8dHc6NfGe2UaVoBiKtS5xPzRqD0yM"
GUESSED = (
    "SECONDLOOK_SECRET_KEY can be guessed; write at least 50 random characters, such as "
    "python3 -c 'import secrets; print(secrets.token_urlsafe(50))' prints."
)
NO_DATABASE = (
    "DATABASE_URL names no database this site can use; write one such as postgres://user:password@host:5432/name."
)
NO_REDIS = "REDIS_URL names no Redis; write one such as redis://host:6379/0."
OURS = ("SECONDLOOK_", "DATABASE_URL", "REDIS_URL", "DJANGO_")


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"SECONDLOOK_DEBUG": "ture"}, "SECONDLOOK_DEBUG is 'ture'; write 1 or 0."),
        ({"SECONDLOOK_PRODUCTION": "1"}, "SECONDLOOK_SECRET_KEY is not set; production has no default for it."),
        ({"SECONDLOOK_PRODUCTION": "yes", "SECONDLOOK_SECRET_KEY": KEY},
         "SECONDLOOK_HOSTS is not set; name the hosts this site answers to, comma separated."),
        ({"SECONDLOOK_LLM_URL": "llm.example.org"},
         "SECONDLOOK_LLM_URL is 'llm.example.org'; write one such as https://llm.example.org/v1."),
        ({"SECONDLOOK_LLM_URL": "https://llm.example.org:http/v1"},
         "SECONDLOOK_LLM_URL is 'https://llm.example.org:http/v1'; write one such as https://llm.example.org/v1."),
        ({"SECONDLOOK_LLM_URL": "https://llm.example.org/v1"},
         "SECONDLOOK_LLM_URL names llm.example.org; name in SECONDLOOK_LLM_HOSTS the hosts that texts may go to."),
        ({"SECONDLOOK_LLM_URL": "https://llm.example.org/v1", "SECONDLOOK_LLM_HOSTS": "llm.example.org"},
         "SECONDLOOK_LLM_MODEL is not set; name the model that is asked."),
        ({"SECONDLOOK_SESSION_HOURS": "0"},
         "SECONDLOOK_SESSION_HOURS is 0: nobody would stay logged in; write 1 or more."),
        ({"SECONDLOOK_OIDC_ISSUER": "http://login.example.org"},
         "SECONDLOOK_OIDC_ISSUER is 'http://login.example.org'; write one such as https://login.example.org."),
        ({"SECONDLOOK_OIDC_ISSUER": "https://login.example.org"},
         "SECONDLOOK_OIDC_CLIENT is not set; single sign-on needs it beside SECONDLOOK_OIDC_ISSUER."),
        ({"SECONDLOOK_LLM_URL": "https://me:pw@llm.example.org/v1"},
         "SECONDLOOK_LLM_URL must hold no password or query; the key is SECONDLOOK_LLM_KEY."),
        ({"SECONDLOOK_PRODUCTION": "1", "SECONDLOOK_HOSTS": "a.org", "SECONDLOOK_SECRET_KEY": "x"}, GUESSED),
        ({"SECONDLOOK_PRODUCTION": "1", "SECONDLOOK_HOSTS": "a.org", "SECONDLOOK_SECRET_KEY": "x" * 60}, GUESSED),
        ({"SECONDLOOK_SECRET_KEY_FILE": "/nowhere/key"},
         "SECONDLOOK_SECRET_KEY_FILE names /nowhere/key, which can't be read "
         "([Errno 2] No such file or directory: '/nowhere/key')."),
        ({"SECONDLOOK_SECRET_KEY": KEY, "SECONDLOOK_SECRET_KEY_FILE": "/nowhere/key"},
         "SECONDLOOK_SECRET_KEY and SECONDLOOK_SECRET_KEY_FILE are both set; unset one of them."),
        ({"SECONDLOOK_HOSTS": "https://labels.example.org/"},
         "SECONDLOOK_HOSTS names 'https://labels.example.org/'; "
         "write host names alone, such as labels.example.org."),
        ({"SECONDLOOK_ORIGINS": "labels.example.org"},
         "SECONDLOOK_ORIGINS names 'labels.example.org'; write each such as https://labels.example.org."),
        ({"SECONDLOOK_SITE_URL": "labels"},
         "SECONDLOOK_SITE_URL is 'labels'; write one such as https://labels.example.org."),
        ({"DATABASE_URL": "oracle://me:pw@host/name"}, NO_DATABASE),
        ({"DATABASE_URL": "postgres://me:pw@host:70000/name"}, NO_DATABASE),
        ({"DATABASE_URL": "nonsense"}, NO_DATABASE),
        ({"DATABASE_URL": "postgres://me:pw@host:5432"},
         "DATABASE_URL names no database after the host; write postgres://host:5432/name."),
        ({"REDIS_URL": "nonsense"}, NO_REDIS),
        ({"REDIS_URL": "http://127.0.0.1:6379/0"}, NO_REDIS),
        ({"REDIS_URL": "redis://127.0.0.1:99999/0"}, NO_REDIS),
        ({"REDIS_URL": "redis://127.0.0.1:6379/one"}, NO_REDIS),
        ({"SECONDLOOK_STALE_SECONDS": "2"},
         "SECONDLOOK_STALE_SECONDS is 2; write at least twice SECONDLOOK_HEARTBEAT_SECONDS, 2."),
        ({"SECONDLOOK_STALE_SECONDS": "0", "SECONDLOOK_HEARTBEAT_SECONDS": "0"},
         "SECONDLOOK_STALE_SECONDS is 0; write at least twice SECONDLOOK_HEARTBEAT_SECONDS, 0."),
        ({"SECONDLOOK_SILENT_SECONDS": "1"},
         "SECONDLOOK_SILENT_SECONDS is 1; write 5 or more, and twice SECONDLOOK_HEARTBEAT_SECONDS."),
        ({"SECONDLOOK_LEASE_MINUTES": "0"}, "SECONDLOOK_LEASE_MINUTES is '0'; write a number that is at least 1."),
        ({"SECONDLOOK_LEASE_MINUTES": "nan"}, "SECONDLOOK_LEASE_MINUTES is 'nan'; write a number."),
        ({"SECONDLOOK_LEASE_MINUTES": "inf"}, "SECONDLOOK_LEASE_MINUTES is 'inf'; write a number."),
        ({"SECONDLOOK_TIME_ZONE": "Mars/Olympus"},
         "SECONDLOOK_TIME_ZONE is 'Mars/Olympus'; write the name of a zone, such as Europe/Berlin."),
        ({"SECONDLOOK_TIME_ZONE": "../../etc/passwd"},
         "SECONDLOOK_TIME_ZONE is '../../etc/passwd'; write the name of a zone, such as Europe/Berlin."),
        ({"SECONDLOOK_WORKS": "slow"}, "SECONDLOOK_WORKS is 'slow'; write all, quick or heavy."),
        ({"SECONDLOOK_LANE": "a lane; two"},
         "SECONDLOOK_LANE is 'a lane; two'; write letters, digits, points, hyphens and underscores only."),
        ({"SECONDLOOK_MAIL_PORT": "70000"}, "SECONDLOOK_MAIL_PORT is 70000; write a whole number from 1 to 65535."),
        ({"SECONDLOOK_WEB_PROCESSES": "0"}, "SECONDLOOK_WEB_PROCESSES is 0; write a whole number from 1 to 256."),
        ({"SECONDLOOK_WEB_THREADS": "1.5"}, "SECONDLOOK_WEB_THREADS is 1.5; write a whole number from 1 to 256."),
        ({"SECONDLOOK_METRICS_TOKEN": "short"},
         "SECONDLOOK_METRICS_TOKEN can be guessed or sent by no client; "
         "write at least 20 random letters and digits."),
    ],
)  # fmt: skip
@pytest.mark.fault("settings that make no sense")
def test_what_makes_no_sense_stops_the_start_with_one_sentence(tmp_path, environment, sentence):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    started = subprocess.run(
        [sys.executable, "-c", "import config.settings"], cwd=ROOT, capture_output=True, text=True,
        env={**clean, "SECONDLOOK_DATA_DIR": str(tmp_path), **environment},
    )  # fmt: skip
    assert started.returncode == 1
    assert started.stderr.splitlines()[-1] == f"django.core.exceptions.ImproperlyConfigured: {sentence}"
    assert not (tmp_path / "secret_key").exists()


def test_a_mail_server_needs_to_know_where_links_lead(tmp_path):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    mail = {"SECONDLOOK_DATA_DIR": str(tmp_path), "SECONDLOOK_MAIL_HOST": "mail.example.org"}
    read = "import config.settings as s; print(s.EMAIL_PORT, s.EMAIL_USE_TLS, s.EMAIL_USE_SSL, s.SITE_URL)"

    def start(**more):
        return subprocess.run(
            [sys.executable, "-c", read], cwd=ROOT, capture_output=True, text=True, env={**clean, **mail, **more}
        )

    assert "SECONDLOOK_SITE_URL is not set" in start().stderr
    site = {"SECONDLOOK_SITE_URL": "https://labels.example.org/"}
    assert start(**site).stdout.split() == ["587", "True", "False", "https://labels.example.org"]
    implicit = start(**site, SECONDLOOK_MAIL_PORT="465")
    assert implicit.stdout.split() == ["465", "False", "True", "https://labels.example.org"]


PRODUCTION = {
    "SECONDLOOK_PRODUCTION": "1", "SECONDLOOK_HOSTS": "labels.example.org", "SECONDLOOK_BEHIND_PROXY": "1",
}  # fmt: skip


def test_the_deployment_check_finds_nothing_in_production(tmp_path):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    (tmp_path / "key").write_text(f"{KEY}\n")
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, capture_output=True, text=True,
        env={**clean, **PRODUCTION, "SECONDLOOK_DATA_DIR": str(tmp_path),
             "SECONDLOOK_SECRET_KEY_FILE": str(tmp_path / "key")},
    )  # fmt: skip
    assert done.returncode == 0 and "no issues" in done.stdout, done.stderr


def test_the_version_is_the_project_s():
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert named == VERSION


def test_what_the_address_of_the_database_says_of_its_own_counts(tmp_path):
    database = {
        "DATABASE_URL": "postgres://db.example.org/look?sslmode=verify-full",
        "SECONDLOOK_DATA_DIR": str(tmp_path),
    }
    told = "from config import settings; print(settings.DATABASES['default']['OPTIONS'])"
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, env=env | database, capture_output=True, text=True)
    assert "'sslmode': 'verify-full'" in done.stdout and "'pool'" in done.stdout, done.stderr
