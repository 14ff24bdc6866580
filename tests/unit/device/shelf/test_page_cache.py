"""The pages of files that the system holds, as `mincore` tells them."""

import ctypes
import mmap
import os
import sys
import time
from pathlib import Path

import pytest

from agent_memory.device.shelf.page_cache import read_ahead
from benchmarks.harness.page_cache import forget_pages

_NBYTES = 20 * 1024 * 1024 + 5


def _write(path: Path) -> Path:
    path.write_bytes(os.urandom(_NBYTES))
    return path


def _is_in_memory(path: Path) -> bool:
    pages = (ctypes.c_ubyte * -(-_NBYTES // mmap.PAGESIZE))()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as view:
        first = ctypes.c_char.from_buffer(view)
        address = ctypes.c_void_p(ctypes.addressof(first))
        assert ctypes.CDLL(None).mincore(address, ctypes.c_size_t(_NBYTES), pages) == 0
        del first  # A map that is pointed into cannot be closed.
    return all(page & 1 for page in pages)


def _comes_to_memory(path: Path) -> bool:
    deadline = time.monotonic() + 10
    while not (is_there := _is_in_memory(path)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_there


def test_what_is_read_ahead_can_be_read_without_waiting(tmp_path: Path) -> None:
    files = [_write(tmp_path / name) for name in ("one", "two")]
    forget_pages(tmp_path)
    read_ahead(files)
    assert all(map(_comes_to_memory, files))


def test_files_that_are_gone_keep_nobody_from_the_others(tmp_path: Path) -> None:
    file = _write(tmp_path / "there")
    forget_pages(tmp_path)
    read_ahead([tmp_path / "gone", file])
    assert _comes_to_memory(file)


def test_a_system_that_cannot_be_asked_is_made_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _write(tmp_path / "there")
    forget_pages(tmp_path)
    monkeypatch.setattr(sys, "platform", "darwin")
    read_ahead([file])
    assert _is_in_memory(file)
