"""The faster matrix library is found where Debian puts it."""

from pathlib import Path

import pytest

from agent_memory.device.cpu import blas


def only_these_exist(monkeypatch: pytest.MonkeyPatch, *paths: str) -> None:
    monkeypatch.setattr(Path, "is_file", lambda path: str(path) in paths)


@pytest.fixture
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")


def test_the_threaded_build_comes_first(on_linux: None, monkeypatch: pytest.MonkeyPatch) -> None:
    threaded = "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0"
    only_these_exist(monkeypatch, "/usr/lib/x86_64-linux-gnu/libopenblas.so.0", threaded)
    assert blas.find_openblas() == Path(threaded)
    assert blas.openblas_hint() is None


def test_where_there_is_none_the_remedy_is_named(
    on_linux: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_these_exist(monkeypatch)
    assert blas.find_openblas() is None
    assert "libopenblas0-pthread" in (blas.openblas_hint() or "")


def test_a_mac_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert blas.find_openblas() is None
    assert blas.openblas_hint() is None
