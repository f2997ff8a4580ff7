import hashlib
import io
import zipfile

import numpy as np
import pytest

from annotation.core.artifacts import UnableToLoad, arrays_to_bytes, bytes_to_arrays, load_bytes, save_bytes


def test_what_was_stored_is_read_back_under_the_name_of_its_content(tmp_path):
    name = save_bytes(tmp_path / "new", b"label", ".npz")
    assert name == hashlib.sha256(b"label").hexdigest() + ".npz"
    assert load_bytes(tmp_path / "new", name) == b"label"


def test_storing_twice_leaves_one_file_and_no_temporary_one(tmp_path):
    names = {save_bytes(tmp_path, b"label", ".npz") for _ in range(2)}
    assert [path.name for path in tmp_path.iterdir()] == list(names)


def test_storing_again_repairs_a_damaged_file(tmp_path):
    name = save_bytes(tmp_path, b"label", ".npz")
    (tmp_path / name).write_bytes(b"labex")
    save_bytes(tmp_path, b"label", ".npz")
    assert load_bytes(tmp_path, name) == b"label"


@pytest.mark.fault("an artifact changed on the disk")
def test_a_changed_file_is_refused(tmp_path):
    name = save_bytes(tmp_path, b"label", ".npz")
    (tmp_path / name).write_bytes(b"labex")
    with pytest.raises(UnableToLoad, match="is damaged"):
        load_bytes(tmp_path, name)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UnableToLoad, match="cannot be read"):
        load_bytes(tmp_path, "0" * 64 + ".npz")


@pytest.mark.parametrize("name", ["../secret", "0" * 64 + "/../x", "model.skops", ""])
@pytest.mark.fault("the name of an artifact that climbs out")
def test_a_name_that_is_no_hash_never_reaches_the_disk(tmp_path, name):
    with pytest.raises(UnableToLoad, match="not the name of an artifact"):
        load_bytes(tmp_path, name)


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        save_bytes(tmp_path, b"label", ".npz")
    assert list(tmp_path.iterdir()) == []


def test_arrays_come_back_alike_and_the_same_arrays_are_the_same_bytes():
    item, probability = np.array([3, 1, 2]), np.array([[0.25, 0.75]] * 3, dtype=np.float32)
    data = arrays_to_bytes(item=item, probability=probability)
    assert data == arrays_to_bytes(probability=probability.copy(), item=item.copy())
    back = bytes_to_arrays(data)
    assert set(back) == {"item", "probability"}
    assert (back["item"] == item).all() and back["item"].dtype == item.dtype
    assert (back["probability"] == probability).all() and back["probability"].dtype == np.float32


def test_the_bytes_know_no_clock():
    with zipfile.ZipFile(io.BytesIO(arrays_to_bytes(a=np.arange(2)))) as archive:
        assert [info.date_time for info in archive.infolist()] == [(1980, 1, 1, 0, 0, 0)]


@pytest.mark.fault("arrays with objects in them")
def test_objects_are_neither_stored_nor_loaded():
    with pytest.raises(ValueError, match="[Oo]bject"):
        arrays_to_bytes(a=np.array([{}], dtype=object))
    buffer = io.BytesIO()
    np.savez(buffer, a=np.array([{}], dtype=object))
    with pytest.raises(UnableToLoad, match="not stored arrays"):
        bytes_to_arrays(buffer.getvalue())


def test_other_bytes_are_refused():
    for data in (b"", b"not a zip", arrays_to_bytes(a=np.arange(3))[:-30]):
        with pytest.raises(UnableToLoad, match="not stored arrays"):
            bytes_to_arrays(data)
