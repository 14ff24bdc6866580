"""Folders of tests whose processes listen on Unix sockets."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent_memory.host.environment import temporary_folder_for_ray


@contextmanager
def short_folder(prefix: str) -> Iterator[Path]:
    """A temporary folder in which Ray's sockets have paths short enough for every system."""
    parent = temporary_folder_for_ray(f"{prefix}12345678")
    with tempfile.TemporaryDirectory(
        prefix=prefix, dir=parent, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    """An empty folder with a short path. (That of pytest's own `tmp_path` is long on macOS.)"""
    with short_folder("am-wire-") as folder:
        yield folder
