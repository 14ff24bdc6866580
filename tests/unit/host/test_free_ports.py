"""Which ports are chosen for servers that start."""

import socket
from pathlib import Path

import pytest

from agent_memory.host.free_ports import free_ports


def test_ports_are_different_and_can_be_listened_on() -> None:
    ports = free_ports(50)

    assert len(set(ports)) == 50
    for port in ports:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", port))


def test_ports_lie_outside_the_range_that_connections_get_theirs_from(tmp_path: Path) -> None:
    kernels_range = tmp_path / "range"
    kernels_range.write_text("25000\t60999\n")

    assert all(20000 <= port < 25000 for port in free_ports(50, kernels_range))


def test_a_port_in_use_is_not_chosen(tmp_path: Path) -> None:
    kernels_range = tmp_path / "range"
    kernels_range.write_text("21000\t60999\n")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", free_ports(1, kernels_range)[0]))
        taken = listener.getsockname()[1]

        assert taken not in free_ports(900, kernels_range)


@pytest.mark.parametrize("text", ["1024\t65535\n", "20100\t65535\n"])
def test_with_no_room_below_the_kernel_chooses(tmp_path: Path, text: str) -> None:
    kernels_range = tmp_path / "range"
    kernels_range.write_text(text)

    assert len(set(free_ports(10, kernels_range))) == 10


def test_without_a_range_to_read_the_usual_one_is_kept_clear_of(tmp_path: Path) -> None:
    assert all(20000 <= port <= 32767 for port in free_ports(50, tmp_path / "none"))
