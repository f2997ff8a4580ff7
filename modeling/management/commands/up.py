import os
import socket
import subprocess
import sys
import time
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from annotation.management.supervisor import Child, supervise
from modeling.demo.dataset import demo_logins, request_demo


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
        supervise(children, self.say, lambda: self.announce(port, not options["no_demo"]))
        self.say("stopped")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def announce(self, port: int, with_demo: bool) -> None:
        address = f"http://127.0.0.1:{port}/"
        if not wait_for(f"{address}health/"):
            self.say("\nThe web server does not answer yet; see the lines above.")
            return
        self.say(f"\nSecond Look is at {address}")
        if with_demo:
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


def wait_for(address: str, patience: float = 180.0) -> bool:
    """Whether the web server answers within so many seconds. Its health needs no host, no TLS and no database."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return True
        except OSError:  # of the network or an answer that is none
            time.sleep(0.2)
    return False
