"""What `up` says, and how it knows."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.core.management import CommandError, call_command

from modeling.management.commands.up import Welcome


class InProduction(BaseHTTPRequestHandler):
    """Sends everything to TLS but its health."""

    def do_GET(self):
        self.send_response(200 if self.path == "/health/" else 301)
        self.send_header("Location", "https://labels.example.org/")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def port():
    server = HTTPServer(("127.0.0.1", 0), InProduction)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_site_that_demands_tls_sees_itself_ready_and_says_so_once(port):
    said = []
    welcome = Welcome(port, False, said.append)
    welcome.say_once()
    welcome.say_once()
    assert said == [f"\nSecond Look is at http://127.0.0.1:{port}/", "Ctrl-C stops everything.\n"]


def test_one_that_does_not_answer_is_told_in_the_end():
    said = []
    welcome = Welcome(1, False, said.append)
    welcome.say_once()
    assert said == []
    welcome.until = 0.0
    welcome.say_once()
    assert said == ["\nThe web server does not answer yet; see the lines above."]


@pytest.mark.parametrize("port", ["0", "-1", "70000"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(CommandError, match="choose one from 1 to 65535"):
        call_command("up", f"--port={port}", "--no-demo")
