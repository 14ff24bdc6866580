"""Which calls bring what was written onto the disk itself, by system and file system."""

import errno
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent_memory.disk_sync import (
    has_cache_to_empty,
    sync,
    sync_before_the_rest,
    sync_folder,
)
from agent_memory.store.wal_sync import wal_sync_settings

FULL_FSYNC, BARRIER_FSYNC = 51, 85
"""As macOS numbers them."""
UNKNOWN = (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY)


class Calls:
    """What was asked of the system. `fault`: what it answers to calls that only macOS has."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.fault: int | None = None

    def fcntl(self, _: int, command: int) -> int:
        if self.fault is not None:
            raise OSError(self.fault, os.strerror(self.fault))
        self.made.append({FULL_FSYNC: "full", BARRIER_FSYNC: "barrier"}[command])
        return 0

    def fsync(self, _: int) -> None:
        self.made.append("fsync")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls()
    monkeypatch.setattr(os, "fsync", calls.fsync)
    monkeypatch.setattr(fcntl, "fcntl", calls.fcntl)
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", FULL_FSYNC, raising=False)
    return calls


@pytest.fixture
def macos(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> Calls:
    monkeypatch.setattr(sys, "platform", "darwin")
    return calls


@pytest.fixture
def linux(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> Calls:
    monkeypatch.setattr(sys, "platform", "linux")
    return calls


@contextmanager
def opened(path: Path) -> Iterator[int]:
    with path.open("wb") as file:
        yield file.fileno()


def test_on_macos_the_cache_of_the_drive_is_emptied(macos: Calls, tmp_path: Path) -> None:
    with opened(tmp_path / "file") as fd:
        sync(fd)
    sync_folder(tmp_path)
    assert macos.made == ["full", "full"]


def test_what_another_sync_follows_only_keeps_its_place(macos: Calls, tmp_path: Path) -> None:
    with opened(tmp_path / "file") as fd:
        sync_before_the_rest(fd)
    assert macos.made == ["barrier"]


def test_on_linux_fsync_does_all_that(linux: Calls, tmp_path: Path) -> None:
    with opened(tmp_path / "file") as fd:
        sync(fd)
        sync_before_the_rest(fd)
    sync_folder(tmp_path)
    assert linux.made == ["fsync"] * 3


@pytest.mark.parametrize("fault", UNKNOWN)
def test_a_file_system_that_cannot_gets_what_it_can(
    macos: Calls, tmp_path: Path, fault: int
) -> None:
    macos.fault = fault
    with opened(tmp_path / "file") as fd:
        sync(fd)
        sync_before_the_rest(fd)
    sync_folder(tmp_path)
    assert macos.made == ["fsync"] * 3


def test_a_disk_that_fails_is_told(macos: Calls, tmp_path: Path) -> None:
    macos.fault = errno.EIO
    with opened(tmp_path / "file") as fd, pytest.raises(OSError, match="Input/output"):
        sync(fd)
    assert macos.made == []


def test_on_macos_postgresql_empties_the_cache_too(macos: Calls, tmp_path: Path) -> None:
    assert has_cache_to_empty(tmp_path)
    assert wal_sync_settings(tmp_path) == {"wal_sync_method": "fsync_writethrough"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fault", UNKNOWN)
def test_postgresql_is_not_told_what_the_file_system_cannot(
    macos: Calls, tmp_path: Path, fault: int
) -> None:
    macos.fault = fault
    assert wal_sync_settings(tmp_path) == {}


def test_on_linux_postgresql_keeps_its_own_way(linux: Calls, tmp_path: Path) -> None:
    assert wal_sync_settings(tmp_path) == {}
