import os
import socket
import subprocess
import sys
import time
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from annotation.management.supervisor import Child, supervise
from modeling.demo.dataset import demo_logins, request_demo

PATIENCE = 180.0  # seconds the web server gets to answer


class Command(BaseCommand):
    help = "Serve Second Look on 127.0.0.1: web, worker and reaper, supervised. Ctrl-C stops all."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-demo", action="store_true", help="start without the demo dataset")

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        if not 1 <= port <= 65_535:
            raise CommandError(f"There is no port {port}; choose one from 1 to 65535, such as 8000.")
        refuse_taken(port)
        manage = [sys.executable, os.path.abspath(sys.argv[0])]
        migrate(manage)
        if not options["no_demo"]:
            request_demo(0)
        children = [
            Child("web", web_command(port)),
            Child("worker", [*manage, "worker"], watched=True),
            Child("reaper", [*manage, "reaper"], watched=True),
        ]
        welcome = Welcome(port, not options["no_demo"], self.say)
        supervise(children, self.say, lambda: None, welcome.say_once)
        self.say("stopped")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


class Welcome:
    """Says where the site is as soon as it answers, or that it does not. Looks between the supervisor's rounds, and
    never long: who supervises has to listen."""

    def __init__(self, port: int, with_demo: bool, say: Callable[[str], None]) -> None:
        self.address, self.with_demo, self.say = f"http://127.0.0.1:{port}/", with_demo, say
        self.until, self.said = time.monotonic() + PATIENCE, False

    def say_once(self) -> None:
        if self.said:
            return
        if answers(f"{self.address}health/"):
            self.said = True
            self.announce()
        elif time.monotonic() > self.until:
            self.said = True
            self.say("\nThe web server does not answer yet; see the lines above.")

    def announce(self) -> None:
        self.say(f"\nSecond Look is at {self.address}")
        if self.with_demo:
            for login in demo_logins():
                self.say(f"  {login['role']:7} {login['username']:6} password {login['password']}")
            self.say("The demo plays in the background; its overview shows how far it is.")
        self.say("Ctrl-C stops everything.\n")


def migrate(manage: list[str]) -> None:
    """In a process of its own: this one lives on as the supervisor, and would keep what migrations load."""
    if subprocess.run([*manage, "migrate", "--verbosity", "0", "--skip-checks"]).returncode:
        raise CommandError("The database could not be migrated; see the lines above.")


def web_command(port: int) -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", "config.wsgi", "--config", "config/gunicorn.py",
        "--bind", f"127.0.0.1:{port}", "--chdir", str(settings.BASE_DIR),
    ]  # fmt: skip


def refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CommandError(f"Port {port} on 127.0.0.1 is taken; choose another: make up PORT=8001.") from None


def answers(address: str) -> bool:
    """Whether the web server does. Its health needs no host, no TLS and no database."""
    try:
        urllib.request.urlopen(address, timeout=1).close()
    except OSError:  # of the network, or an answer that is none
        return False
    return True
