"""A port that is asked for while something still listens there."""

import errno
import socket
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from agent_memory.errors import Conflict
from agent_memory.host.free_ports import free_ports
from agent_memory.host.preflight import (
    check_port_is_free,
    private_run_folder,
    wait_until_port_is_free,
)

HOST = "127.0.0.1"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.create_server((HOST, 0))) as listener:
        yield listener


def test_whoever_ends_in_time_is_waited_for(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    ending = threading.Timer(0.3, listener.close)
    ending.start()
    wait_until_port_is_free(HOST, port, patience_s=30)
    ending.join()
    with closing(socket.create_server((HOST, port))) as own:
        assert own.getsockname()[1] == port


def test_whoever_stays_is_named_when_patience_ends(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    started_at = time.monotonic()
    with pytest.raises(Conflict, match=f"{HOST}:{port} is already in use; choose another"):
        wait_until_port_is_free(HOST, port, patience_s=0.3)
    assert time.monotonic() - started_at >= 0.3


def test_without_patience_nobody_is_waited_for(listener: socket.socket) -> None:
    threading.Timer(0.2, listener.close).start()
    with pytest.raises(Conflict):
        wait_until_port_is_free(HOST, listener.getsockname()[1], patience_s=0)


class SocketOfMacOS(socket.socket):
    """There an address may be bound though another program listens on every address."""

    def bind(self, address: object) -> None:
        """Succeeds."""


def test_who_listens_on_every_address_is_noticed_where_binding_tells_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with closing(socket.create_server(("0.0.0.0", 0))) as other:
        monkeypatch.setattr(socket, "socket", SocketOfMacOS)
        with pytest.raises(Conflict, match="is already in use; choose another with --port"):
            check_port_is_free(HOST, other.getsockname()[1])


class SocketBesideAnotherLoopback(socket.socket):
    """Where something listens on ::1, to which `localhost` leads first."""

    def connect_ex(self, address: tuple[str, int]) -> int:  # type: ignore[override]
        return 0 if address[0] == "::1" else errno.ECONNREFUSED


def test_who_listens_on_the_other_loopback_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", SocketBesideAnotherLoopback)
    with pytest.raises(Conflict, match=r"::1:[0-9]+ is already in use"):
        check_port_is_free(HOST, free_ports(1)[0])


def test_a_port_of_nobody_is_free() -> None:
    check_port_is_free(HOST, free_ports(1)[0])


def test_a_new_data_directory_is_its_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "data"
    private_run_folder(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
