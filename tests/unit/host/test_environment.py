"""Where a runtime's files and sockets are."""

import os
import tempfile
from datetime import datetime
from pathlib import Path

import pytest

from agent_memory.host.environment import (
    haproxy_on_loopback,
    runtime_path,
    temporary_folder_for_ray,
)

MACOS_TMPDIR = "/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T"
"""As long as every user's is there."""
MACOS_LIMIT = 103
MACOS_UIDS = (501, 1_896_053_708)
"""The first user's, and one that a company's directory gave out."""
DEEP_HOME = Path("/Volumes/External Disk") / "/".join(["deep"] * 40)
SESSION_ID = "agent_session_" + "f" * 24
OWN_SOCKETS = (f"s/{SESSION_ID}.sock",)
NODE_ID = "a" * 56


def rays_sockets() -> tuple[str, str]:
    """As Ray names them (`Node.__init__`): after the time, and the process that started it."""
    began = datetime(2026, 12, 31, 23, 59, 59, 999_999).strftime("%Y-%m-%d_%H-%M-%S_%f")  # noqa: DTZ001
    folder = f"ray/session_{began}_{2**22}/sockets"
    return f"{folder}/plasma_store", f"{folder}/raylet"


@pytest.fixture
def on_macos(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # pytest's own is real
    assert len(MACOS_TMPDIR) == 48
    monkeypatch.setattr(tempfile, "tempdir", MACOS_TMPDIR)


@pytest.mark.usefixtures("on_macos")
@pytest.mark.parametrize("uid", MACOS_UIDS)
@pytest.mark.parametrize("socket", [*rays_sockets(), *OWN_SOCKETS])
def test_every_socket_has_a_path_that_macos_takes(uid: int, socket: str) -> None:
    path = runtime_path(DEEP_HOME, uid) / socket
    assert len(os.fsencode(path)) <= MACOS_LIMIT, path


@pytest.mark.usefixtures("on_macos")
def test_a_batch_has_sockets_that_macos_takes_too() -> None:
    name = "am-batch-12345678"
    for socket in rays_sockets():
        path = temporary_folder_for_ray(name) / name / socket
        assert len(os.fsencode(path)) <= MACOS_LIMIT, path


def test_a_short_temporary_folder_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/scratch")
    assert runtime_path(DEEP_HOME, 501).parent == Path("/scratch")


@pytest.mark.usefixtures("on_macos")
@pytest.mark.parametrize("uid", MACOS_UIDS)
def test_haproxy_is_told_a_path_that_macos_takes(uid: int, tmp_path: Path) -> None:
    """Serve puts the id of the node into it, and HAProxy first binds one with its process id."""
    given = haproxy_on_loopback(runtime_path(DEEP_HOME, uid), tmp_path, "/bin/haproxy")
    path = Path(given["RAY_SERVE_HAPROXY_SOCKET_PATH"])
    assert len(os.fsencode(path.parent / NODE_ID / f"{path.name}.99999.tmp")) <= MACOS_LIMIT


@pytest.mark.usefixtures("on_macos")
def test_haproxy_is_started_from_where_nothing_is_cleaned_away(tmp_path: Path) -> None:
    given = haproxy_on_loopback(runtime_path(DEEP_HOME, 501), tmp_path, "/bin/haproxy")
    for name in ("BINARY_PATH", "CONFIG_FILE_LOC"):
        assert Path(given[f"RAY_SERVE_HAPROXY_{name}"]).is_relative_to(tmp_path)


def test_two_data_directories_have_two_folders() -> None:
    assert runtime_path(DEEP_HOME, 501) != runtime_path(DEEP_HOME / "deeper", 501)
