"""The record of a running server."""

import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from agent_memory.host.presence import (
    Presence,
    clear_presence,
    local_key_path,
    read_local_key,
    read_presence,
    write_presence,
)
from agent_memory.secrets_file import write_private

PRESENCE = Presence(
    url="http://127.0.0.1:8000",
    pid=4711,
    model="tiny",
    started_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    database_url="postgresql://u:p@/agent_memory?host=/tmp/pg",
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_presence(tmp_path, PRESENCE)

    assert read_presence(tmp_path) == PRESENCE


def test_the_key_of_the_command_line_is_read(tmp_path: Path) -> None:
    assert read_local_key(tmp_path) is None
    write_private(local_key_path(tmp_path), b"am_1_secret\n")

    assert read_local_key(tmp_path) == "am_1_secret"


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    write_presence(tmp_path, PRESENCE)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "run").iterdir()}
    assert modes == {"server.json": 0o600}


def test_a_later_server_replaces_the_record(tmp_path: Path) -> None:
    write_presence(tmp_path, PRESENCE)
    later = replace(PRESENCE, pid=4712)
    write_presence(tmp_path, later)

    assert read_presence(tmp_path) == later


def test_a_cleared_record_is_gone(tmp_path: Path) -> None:
    write_presence(tmp_path, PRESENCE)
    clear_presence(tmp_path)

    assert read_presence(tmp_path) is None


def test_clearing_twice_is_harmless(tmp_path: Path) -> None:
    clear_presence(tmp_path)

    assert read_presence(tmp_path) is None


def test_a_torn_record_is_no_record(tmp_path: Path) -> None:
    write_presence(tmp_path, PRESENCE)
    record = tmp_path / "run" / "server.json"
    record.write_bytes(record.read_bytes()[:-10])

    assert read_presence(tmp_path) is None
