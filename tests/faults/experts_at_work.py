"""Many experts at work over HTTP while the web and the worker are killed: what was acknowledged, and what is stored.

`python -m tests.services python -m tests.faults.experts_at_work [SECONDS] [EXPERTS]` runs it alone on both back ends.
With `--busy` it is PostgreSQL alone, four web processes and two workers, of which one each is killed every half minute,
while a detection and an import run.
"""

import http.client
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from tests.faults.site import ROOT, Site, beneath, postgres_site, sqlite_site

PORT = 8471
SECONDS, EXPERTS, UNQUALIFIED = 300, 50, 5
THINK_S = 4.0
# Share of the time after which the whole web is killed, the worker is, and the web again.
KILLS = ((0.2, "web"), (0.4, "worker"), (0.6, "web"))
BUSY_KILLS_EVERY_S, BUSY_WEB = 30.0, 4

SETUP = """
import csv, json, random, secrets
from pathlib import Path
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, BACKEND_SESSION_KEY
from django.utils import timezone
from annotation.actions.files.import_items import import_params, request_import
from annotation.actions.jobs.work import work_here
from annotation.actions.queue.open_cases import Unit, create_cases
from annotation.core.files.parsing_items import ItemMapping
from annotation.models import *
path = Path({folder!r}) / "pool.csv"
rows = [dict(id=str(n), text=f"filing {{n}} {{secrets.token_hex(12)}}", label="ab"[n % 2], who=f"ann{{n % 10}}")
        for n in range({items})]
with path.open("w", newline="") as file:
    writer = csv.DictWriter(file, list(rows[0])); writer.writeheader(); writer.writerows(rows)
mapping = ItemMapping(text=("text",), label="label", id="id", annotator="who")
work_here(request_import(import_params("filings", "Filings", path, mapping), background=False))
dataset = Dataset.objects.get(slug="filings")
items = list(Item.objects.order_by("id").values_list("id", flat=True))
create_cases(dataset, [Unit(frozenset([item]), (k % 997) / 1000) for k, item in enumerate(items)], timezone.now())
RoutingRules.objects.create(dataset=dataset, version=1, overlap_doubtful=1, gold_share=0.05, repeat_share=0.0)
test = QualificationTest.objects.create(dataset=dataset, bar=1.0)
for item in items[-10:]:
    test.questions.create(item_id=item, label_class=dataset.label_classes.get(name="a"))
for item in items[-60:-10]:
    Gold.objects.create(dataset=dataset, item_id=item, label_class=dataset.label_classes.get(name="a"))
cookies = []
for n in range({experts}):
    user = User.objects.create_user(f"expert{{n}}", password=None)
    Membership.objects.create(dataset=dataset, user=user, role="expert")
    Annotator.objects.filter(name=f"ann{{n}}").update(user=user)
    if n >= {unqualified}:
        test.results.create(user=user, right=10, n=10, passed=True)
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.save()
    cookies.append(session.session_key)
print(json.dumps(cookies))
"""

COUNTS = """
import json
from collections import Counter
from django.db.models import F
from annotation.models import *
real = Decision.objects.standing().exclude(case__kind__in=Case.CHECKS)
tokens = [str(one) for one in Decision.objects.values_list("token", flat=True)]
by_case = Counter(real.values_list("case_id", flat=True))
conflicted = real.filter(items__labels__origin="import", items__labels__annotator__user=F("expert")).count()
passed = set(QualificationResult.objects.filter(passed=True).values_list("user_id", flat=True))
unqualified = real.exclude(expert__in=passed).count()
orphans = Case.objects.filter(status="settled").exclude(decisions__isnull=False).count()
print(json.dumps([tokens, sum(n > 1 for n in by_case.values()), conflicted, unqualified, orphans]))
"""


@dataclass
class Work:
    """What experts saw and what the database says. acknowledged: tokens of answers the server took; failed: requests
    that came to nothing and were sent again, errors: those of them answered by 500 and above."""

    backend: str
    acknowledged: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    errors: int = 0
    jobs: str = ""
    stored: int = 0
    lost: int = 0
    doubled: int = 0
    given_twice: int = 0
    conflicted: int = 0
    unqualified: int = 0
    recovery_s: float = 0.0

    @property
    def wrong(self) -> int:
        return self.lost + self.doubled + self.given_twice + self.conflicted + self.unqualified

    @property
    def sentence(self) -> str:
        ordered = sorted(self.seconds) or [0.0]
        p50, p95, p99 = (ordered[int(share * (len(ordered) - 1))] for share in (0.5, 0.95, 0.99))
        return (
            f"{self.backend}: {len(self.acknowledged)} acknowledged, {self.stored} stored, {self.doubled} doubled, "
            f"{self.lost} lost, {self.given_twice} given twice, {self.conflicted} to a conflicted expert, "
            f"{self.unqualified} to an unqualified one; {self.failed} requests failed and were tried again, "
            f"{self.errors} of them told of an error; "
            f"a decision took {1000 * p50:.0f} ms (median), {1000 * p95:.0f} ms (95 %), {1000 * p99:.0f} ms (99 %)"
            f"{self.jobs}"
        )


def experts_at_work(one: Site, seconds: float = SECONDS, experts: int = EXPERTS, busy: bool = False) -> Work:
    work = Work(one.backend)
    items = int(seconds / THINK_S * experts * 2) + 500
    setup = SETUP.format(
        folder=one.env["SECONDLOOK_DATA_DIR"], items=items, experts=experts, unqualified=min(UNQUALIFIED, experts)
    )
    cookies = json.loads(one.python(setup).splitlines()[-1])
    if busy:
        one.env["SECONDLOOK_WEB_PROCESSES"] = str(BUSY_WEB)
        one.start("worker", 2)
    up = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--no-demo", "--port", str(PORT)], cwd=ROOT, env=one.env,
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for_web()
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=_expert, args=[work, key, n, until]) for n, key in enumerate(cookies)]
        for thread in threads:
            thread.start()
        if busy:
            work.jobs = _kill_one_of_each(one, up.pid, until)
        else:
            work.recovery_s = _kill_in_between(up.pid, seconds)
        for thread in threads:
            thread.join()
    finally:
        os.killpg(up.pid, signal.SIGINT)
        up.wait(30)
    _count(one, work)
    return work


def _expert(work: Work, session: str, number: int, until: float) -> None:
    """Read the page, think, answer as the page's form would; what failed is sent again with the same token."""
    dice = random.Random(number)
    while time.monotonic() < until:
        page = _ask(work, session, "GET", "/d/filings/queue/")
        form = re.search(r'<form[^>]*id="answer"[^>]*action="([^"]+)"(.*?)</form>', page, re.S)
        if form is None:
            time.sleep(THINK_S)
            continue
        token = re.search(r'name="token" value="([^"]+)"', form[2])
        csrf = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form[2])
        item = re.search(r'name="item" value="(\d+)"', form[2])
        classes = re.findall(r'name="answer" value="(\d+)"', form[2])
        time.sleep(min(dice.expovariate(1 / THINK_S), 30))
        said = classes[0] if number >= UNQUALIFIED else dice.choice(classes)
        body = {"csrfmiddlewaretoken": csrf[1], "token": token[1], "item": item[1], "answer": said}
        started = time.monotonic()
        _ask(work, session, "POST", form[1], body, csrf[1])
        work.seconds.append(time.monotonic() - started)
        work.acknowledged.append(token[1])


def _ask(work: Work, session: str, method: str, path: str, body: dict | None = None, csrf: str = "") -> str:
    """The page, however often the server has to be asked for it."""
    headers = {"Cookie": f"sessionid={session}; csrftoken={csrf}", "Referer": f"http://127.0.0.1:{PORT}/"}
    if method == "POST":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        try:
            connection.request(method, path, urllib.parse.urlencode(body) if body else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status < 400:
                return text
            work.errors += answer.status >= 500
            if answer.status < 500:
                raise RuntimeError(f"{method} {path}: {answer.status}")
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        work.failed += 1
        time.sleep(0.5)


def _kill_in_between(up: int, seconds: float) -> float:
    """Kill as KILLS says; the supervisor starts again what died. Returns how long the web was away at most."""
    begun, away = time.monotonic(), 0.0
    for share, what in KILLS:
        time.sleep(max(0.0, begun + share * seconds - time.monotonic()))
        for pid in beneath(up, "gunicorn" if what == "web" else "worker"):
            os.kill(pid, signal.SIGKILL)
        if what == "web":
            killed = time.monotonic()
            _wait_for_web()
            away = max(away, time.monotonic() - killed)
    return away


JOBS = """
from annotation.models import Dataset, Job
from annotation.actions.detecting.detect import request_detection
from annotation.actions.files.import_items import import_params, request_import
from annotation.core.files.parsing_items import ItemMapping
from pathlib import Path
path = Path({folder!r}) / "pool.csv"
mapping = ItemMapping(text=("text",), label="label", id="id", annotator="who")
request_detection(Dataset.objects.get(slug="filings"))
request_import(import_params("more{n}", "More {n}", path, mapping))
"""


def _kill_one_of_each(one: Site, up: int, until: float) -> str:
    """Every so often one web process and one worker are killed, with a detection and an import asked for before. Says
    what became of those."""
    for n in itertools.count():
        one.python(JOBS.format(folder=one.env["SECONDLOOK_DATA_DIR"], n=n))
        time.sleep(max(0.0, min(BUSY_KILLS_EVERY_S, until - time.monotonic())))
        if time.monotonic() >= until:
            break
        # the first named are children: the web's processes, not what keeps them
        os.kill(beneath(up, "gunicorn")[0], signal.SIGKILL)
        if n % 2:
            os.kill(beneath(up, "worker")[0], signal.SIGKILL)
        else:
            one.kill("worker2")
            one.start("worker", 2)
    states = one.python(
        "from django.db.models import Count; from annotation.models import Job\n"
        "print(', '.join(f'{n} {kind} {status}' for kind, status, n in "
        "Job.objects.values_list('kind', 'status').annotate(Count('id')).order_by('kind', 'status')))"
    )
    return f"; jobs: {states}"


def _wait_for_web(patience: float = 90.0) -> None:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
            connection.request("GET", "/login/")
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.2)
    raise RuntimeError("the web did not come back")


def _count(one: Site, work: Work) -> None:
    tokens, work.given_twice, work.conflicted, work.unqualified, orphans = json.loads(
        one.python(COUNTS).splitlines()[-1]
    )
    work.stored = len(tokens)
    work.lost = len(set(work.acknowledged) - set(tokens)) + orphans
    work.doubled = len(tokens) - len(set(tokens))


def main() -> int:
    busy = "--busy" in sys.argv
    numbers = [word for word in sys.argv[1:] if word != "--busy"]
    seconds = float(numbers[0]) if numbers else SECONDS
    experts = int(numbers[1]) if len(numbers) > 1 else EXPERTS
    wrong = 0
    for make_site in (postgres_site,) if busy else (sqlite_site, postgres_site):
        with make_site() as one:
            work = experts_at_work(one, seconds, experts, busy)
        print(work.sentence, flush=True)
        wrong += work.wrong
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
