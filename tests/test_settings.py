"""Settings are read once, when a process starts: each test is a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = ("SECONDLOOK_", "DATABASE_URL", "REDIS_URL", "DJANGO_")


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"SECONDLOOK_DEBUG": "ture"}, "SECONDLOOK_DEBUG is 'ture'; write 1 or 0."),
        ({"SECONDLOOK_PRODUCTION": "1"}, "SECONDLOOK_SECRET_KEY is not set; production has no default for it."),
        ({"SECONDLOOK_PRODUCTION": "yes", "SECONDLOOK_SECRET_KEY": "x" * 50},
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
    ],
)  # fmt: skip
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
