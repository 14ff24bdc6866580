"""A running server's file in its data directory, by which the command line finds it.

    <data_dir>/run/server.json   where it answers, which process it is, where its database is
    <data_dir>/run/local.key     an admin key for the command line of the same user

Both are readable by their owner alone (mode 600): a database URL holds a password. The key stays
when the server stops, for the next one.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson
from pydantic import TypeAdapter, ValidationError

from agent_memory.secrets_file import write_private


@dataclass(frozen=True, slots=True)
class Presence:
    """One running server. `started_at` bears its time zone."""

    url: str
    pid: int
    model: str
    started_at: datetime
    database_url: str


_PRESENCE = TypeAdapter(Presence)


def write_presence(home: Path, presence: Presence) -> None:
    """Say that the server of the data directory `home` is there."""
    write_private(_record_path(home), orjson.dumps(asdict(presence)))


def read_presence(home: Path) -> Presence | None:
    """What the last server of `home` wrote, or None when it left nothing (or nothing readable).

    A killed server cannot take its record back: whether the process lives is the reader's to ask.
    """
    try:
        return _PRESENCE.validate_json(_record_path(home).read_bytes())
    except (OSError, ValidationError):
        return None


def read_local_key(home: Path) -> str | None:
    try:
        return local_key_path(home).read_text().strip()
    except OSError:
        return None


def clear_presence(home: Path) -> None:
    """Take the record back."""
    _record_path(home).unlink(missing_ok=True)


def local_key_path(home: Path) -> Path:
    return home / "run" / "local.key"


def _record_path(home: Path) -> Path:
    return home / "run" / "server.json"
