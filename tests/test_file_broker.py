import json
from multiprocessing import get_context
from pathlib import Path
from queue import Empty

import pytest
from django.conf import settings
from kombu import Connection

from config.celery import app
from config.file_broker import Channel, Transport


@pytest.fixture
def channel(tmp_path):
    yield opened(tmp_path)


def opened(folder):
    for name in ("queue", "control"):
        (Path(folder) / name).mkdir(exist_ok=True)
    options = {
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "control_folder": str(folder / "control"),
    }
    return Connection("filesystem://", transport="config.file_broker:Transport", transport_options=options).channel()


def put_many(folder, count):
    channel = opened(folder)
    for number in range(count):
        channel._put("secondlook", {"body": "x" * 20_000, "number": number})


def bind_many(folder, name, count):
    channel = opened(folder)
    for number in range(count):
        channel._queue_bind("celery", "", "", f"{name}-{number}")


def test_the_app_uses_it():
    if not settings.REDIS_URL:
        assert isinstance(app.broker_connection().transport, Transport)


def test_messages_come_back_in_order(channel):
    for number in range(12):
        channel._put("secondlook", {"number": number})
    assert sorted(channel._get("secondlook")["number"] for _ in range(12)) == list(range(12))
    with pytest.raises(Empty):
        channel._get("secondlook")


def test_a_message_still_being_written_is_not_seen(channel, tmp_path, monkeypatch):
    seen = []

    def replace(part, whole):
        seen.append((channel._size("secondlook"), channel._purge("secondlook"), json.loads(part.read_text())))
        return part.rename(whole)

    monkeypatch.setattr(Path, "replace", replace)
    channel._put("secondlook", {"number": 1})
    assert seen == [(0, 0, {"number": 1})]
    assert channel._get("secondlook") == {"number": 1}


def test_half_a_message_is_passed_over(channel, tmp_path):
    (tmp_path / "queue" / "000_a.secondlook.msg").write_text('{"body": "a')
    (tmp_path / "queue" / "000_b.secondlook.msg").write_bytes(b"")
    (tmp_path / "queue" / "000_c.secondlook.msg").write_bytes(b'"\xff')
    channel._put("secondlook", {"number": 1})
    assert channel._get("secondlook") == {"number": 1}
    assert list((tmp_path / "queue").iterdir()) == []


def test_an_emptied_list_of_queues_is_begun_anew(channel, tmp_path):
    (tmp_path / "control" / "celery.exchange").write_text("")
    assert channel.get_table("celery") == []
    (tmp_path / "control" / "celery.exchange").write_text('[["", ""')
    channel._queue_bind("celery", "", "", "secondlook")
    assert [bound.queue for bound in channel.get_table("celery")] == ["secondlook"]
    channel._delete("secondlook", "celery", "", "")
    assert channel.get_table("celery") == []


def test_readers_beside_a_writer_get_every_message_whole(channel, tmp_path):
    writer = get_context("spawn").Process(target=put_many, args=(tmp_path, 200))
    writer.start()
    numbers = []
    while writer.is_alive() or channel._size("secondlook"):
        try:
            numbers.append(channel._get("secondlook")["number"])
        except Empty:
            continue
    writer.join()
    assert sorted(numbers) == list(range(200))


def test_two_processes_bind_their_queues_side_by_side(channel, tmp_path):
    binders = [get_context("spawn").Process(target=bind_many, args=(tmp_path, name, 50)) for name in "ab"]
    for binder in binders:
        binder.start()
    while any(binder.is_alive() for binder in binders):
        channel.get_table("celery")
    assert len(channel.get_table("celery")) == 100
    assert Channel.supports_fanout
