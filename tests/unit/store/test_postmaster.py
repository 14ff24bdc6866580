"""The settings that a PostgreSQL server gets when it starts."""

from pathlib import Path
from typing import NoReturn

import pytest

from agent_memory.store import postmaster
from agent_memory.store.account import Account


class Seen(Exception):
    """The command that would have been run."""


def _see(command: list[str], account: Account, log: Path) -> NoReturn:
    raise Seen(command)


def test_a_server_is_told_how_this_disk_keeps_what_it_acknowledges(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postmaster, "spawn_program", _see)
    monkeypatch.setattr(postmaster, "wal_sync_settings", lambda _: {"wal_sync_method": "best"})
    with pytest.raises(Seen) as seen:
        postmaster.launch(tmp_path, tmp_path / "data", tmp_path, tmp_path / "log", Account())
    (command,) = seen.value.args
    assert command[command.index("wal_sync_method=best") - 1] == "-c"
