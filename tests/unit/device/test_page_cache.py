"""Whether a file is in the system's memory, as far as this system tells."""

import os
import time
from pathlib import Path

import pytest

from agent_memory.device.page_cache import read_ahead

_NBYTES = 20 * 1024 * 1024 + 5


def _write(path: Path) -> Path:
    path.write_bytes(os.urandom(_NBYTES))
    return path


def _forget(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _can_be_read_at_once(path: Path) -> bool:
    with path.open("rb") as file:
        if not hasattr(os, "RWF_NOWAIT"):
            return len(file.read()) == _NBYTES
        try:
            data = bytearray(_NBYTES)
            return os.preadv(file.fileno(), [data], 0, os.RWF_NOWAIT) == _NBYTES
        except BlockingIOError:
            return False


def _wait_for(path: Path) -> bool:
    deadline = time.monotonic() + 10
    while not _can_be_read_at_once(path) and time.monotonic() < deadline:
        time.sleep(0.01)
    return _can_be_read_at_once(path)


def test_what_is_read_ahead_can_be_read_without_waiting(tmp_path: Path) -> None:
    files = [_write(tmp_path / name) for name in ("one", "two")]
    for file in files:
        _forget(file)
    read_ahead(files)
    assert all(map(_wait_for, files))


def test_files_that_are_gone_keep_nobody_from_the_others(tmp_path: Path) -> None:
    file = _write(tmp_path / "there")
    _forget(file)
    read_ahead([tmp_path / "gone", file])
    assert _wait_for(file)


def test_a_system_that_cannot_be_asked_is_made_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _write(tmp_path / "there")
    _forget(file)
    monkeypatch.delattr(os, "posix_fadvise", raising=False)
    read_ahead([file])
    assert _can_be_read_at_once(file)
