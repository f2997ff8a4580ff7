"""A language model on 127.0.0.1 that answers as a test wants and keeps every request."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def said(label, reason="Because of the words.", tokens=50):
    """A reply as an OpenAI-compatible server gives it."""
    return written(json.dumps({"label": label, "reason": reason}), tokens)


def written(text, tokens=50):
    return 200, {"choices": [{"message": {"content": text}}], "usage": {"total_tokens": tokens}}


class FakeModel:
    """`answers(item)` gives (status, body): a dict is JSON, bytes go as they are, a str is where a redirect leads; a
    third part is seconds to wait before each byte."""

    def __init__(self, answers):
        self.answers, self.requests, self.url = answers, [], ""

    def items(self):
        return [json.loads(one["messages"][1]["content"])["item"] for one in self.bodies()]

    def bodies(self):
        return [json.loads(body) for _, _, body in self.requests]


@contextmanager
def fake_model(answers):
    model = FakeModel(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            model.requests.append((self.path, dict(self.headers), body.decode()))
            item = json.loads(json.loads(body)["messages"][1]["content"])["item"]
            status, reply, *wait = model.answers(item)
            self.give(status, reply, *wait)

        def do_GET(self):
            model.requests.append((self.path, dict(self.headers), "{}"))
            self.give(*said("access"))

        def give(self, status, reply, wait=0.0):
            data = json.dumps(reply).encode() if isinstance(reply, dict) else b"" if isinstance(reply, str) else reply
            try:
                self.send_response(status)
                if isinstance(reply, str):
                    self.send_header("Location", reply)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                for start in range(0, len(data), 1 if wait else 1 << 16):
                    time.sleep(wait)
                    self.wfile.write(data[start : start + (1 if wait else 1 << 16)])
                    self.wfile.flush()
            except OSError:
                pass  # whoever asked is gone

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    model.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
