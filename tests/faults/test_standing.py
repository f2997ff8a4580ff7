"""What happens to a whole site, and how long until it is itself again."""

import json
import os
import signal
import socket
import time

import psycopg
import pytest

from tests.faults.standing import broker, standing

FIT = ("--set", "C=cv")
OVER = {"done", "failed", "cancelled"}


def is_done(one, job):
    found = one.job(job)
    assert found["status"] not in {"failed", "cancelled"}, found
    return found["status"] == "done"


def runs(one):
    return int(one.site.python("from modeling.models import ModelRun; print(ModelRun.objects.count())"))


@pytest.mark.fault("broker frozen under a site at work")
def test_broker_frozen(site, fault):
    with broker() as redis, standing(site, REDIS_URL=redis.url, SECONDLOOK_LANE="frozen") as one:
        redis.send(signal.SIGSTOP)
        slowest = 0.0
        for path, post in [("/login/", None), ("/d/faults/findings/", None), ("/d/faults/detect/", {})] * 3:
            status, seconds = one.ask(path, post)
            assert status in (200, 302), (path, status)
            slowest = max(slowest, seconds)
        assert slowest < 5.0
        assert one.ask("/ready/")[0] == 503
        redis.send(signal.SIGCONT)
        job = json.loads(site.python("from annotation.models import Job; print(Job.objects.latest('id').pk)"))
        fault.recovered(one.until(lambda: is_done(one, job)))
        assert one.ask("/ready/")[0] == 200


@pytest.mark.fault("broker killed, a job asked for, broker restarted")
def test_broker_killed_and_restarted(site, fault):
    with broker() as redis, standing(site, REDIS_URL=redis.url, SECONDLOOK_LANE="killed") as one:
        redis.kill()
        status, seconds = one.ask("/d/faults/detect/", {})
        assert status == 302 and seconds < 5.0
        redis.start()
        job = json.loads(site.python("from annotation.models import Job; print(Job.objects.latest('id').pk)"))
        fault.recovered(one.until(lambda: is_done(one, job)))


@pytest.mark.fault("worker and its processes stopped in mid-training")
def test_worker_silent(site, fault):
    with standing(site, SECONDLOOK_SILENT_SECONDS="8") as one:
        job = one.train(*FIT)
        one.until(lambda: one.job(job)["status"] == "running")
        for pid in one.pids("worker"):
            os.kill(pid, signal.SIGSTOP)
        fault.recovered(one.until(lambda: is_done(one, job)))
        assert runs(one) == 1


@pytest.mark.fault("only the process at the job stopped")
def test_child_of_the_worker_silent(site, fault):
    with standing(site, SECONDLOOK_SILENT_SECONDS="8") as one:
        job = one.train(*FIT)
        one.until(lambda: one.job(job)["status"] == "running")
        os.kill(one.pids("worker")[0], signal.SIGSTOP)
        fault.recovered(one.until(lambda: is_done(one, job)))
        assert runs(one) == 1


@pytest.mark.fault("SIGTERM in mid-task")
def test_told_to_end_in_mid_task(site, fault):
    with standing(site) as one:
        job = one.train(*FIT)
        one.until(lambda: one.job(job)["status"] == "running" and one.job(job)["progress"] > 0)
        one.stop()
        given_back = one.job(job)
        assert given_back["status"] == "queued" and given_back["attempt"] == 0
        one.start()
        fault.recovered(one.until(lambda: is_done(one, job)))
        assert one.job(job)["attempt"] == 1 and runs(one) == 1


@pytest.mark.fault("supervisor killed")
def test_supervisor_killed(site, fault):
    with standing(site) as one:
        job = one.train(*FIT)
        one.until(lambda: one.job(job)["status"] == "running")
        left = one.pids("")
        one.process.kill()
        one.process.wait()
        one.until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in left), 60)
        one.start()
        fault.recovered(one.until(lambda: is_done(one, job)))
        assert runs(one) == 1


@pytest.mark.fault("database's connections cut in mid-request and mid-training")
def test_connections_cut(site, fault):
    if not site.env["DATABASE_URL"]:
        pytest.skip("SQLite has no connections to cut")
    with standing(site) as one:
        job = one.train(*FIT)
        one.until(lambda: one.job(job)["status"] == "running")
        assert one.ask("/d/faults/findings/")[0] == 200
        with psycopg.connect(site.env["DATABASE_URL"], autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        fault.recovered(one.until(lambda: all(one.ask("/d/faults/findings/")[0] == 200 for _ in range(12)), 60))
        one.until(lambda: is_done(one, job))
        assert runs(one) == 1


@pytest.mark.fault("50 clients that send half a request, and 20 that send a byte a second")
def test_slow_clients(site, fault):
    with standing(site) as one:
        head = f"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1:{one.port}\r\n".encode()
        one.session = ""
        slow = [socket.create_connection(("127.0.0.1", one.port)) for _ in range(70)]
        try:
            for number, client in enumerate(slow):
                client.sendall(head if number % 2 else head + b"Content-Length: 100\r\n\r\nusername=")
            seconds = []
            for _ in range(20):
                for client in slow[50:]:
                    client.sendall(b"x")
                status, took = one.ask("/login/", timeout=10)
                assert status == 200
                seconds.append(took)
                time.sleep(0.05)
            assert max(seconds) < 3.0
            fault.recovered(max(seconds))
        finally:
            for client in slow:
                client.close()
