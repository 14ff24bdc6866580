"""What a running server leaves in its data directory, so that the command line finds it.

    <data_dir>/run/server.json   where it answers, which process it is, where its database is
    <data_dir>/run/cli.key       an admin key for the command line of the same user

Both are readable by their owner alone (mode 600): a database URL holds a password.
"""

import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson
from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True, slots=True)
class Presence:
    """One running server. `started_at` bears its time zone."""

    url: str
    pid: int
    model: str
    started_at: datetime
    database_url: str


_PRESENCE = TypeAdapter(Presence)


def write_presence(home: Path, presence: Presence, key: str) -> None:
    """Say that the server of the data directory `home` is there, and leave it `key`."""
    _write_private(_key_path(home), key.encode())
    _write_private(_record_path(home), orjson.dumps(asdict(presence)))


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
        return _key_path(home).read_text().strip()
    except OSError:
        return None


def clear_presence(home: Path) -> None:
    """Take both files back."""
    _record_path(home).unlink(missing_ok=True)
    _key_path(home).unlink(missing_ok=True)


def _record_path(home: Path) -> Path:
    return home / "run" / "server.json"


def _key_path(home: Path) -> Path:
    return home / "run" / "cli.key"


def _write_private(path: Path, content: bytes) -> None:
    """Replace the file in one step; nobody else can read it at any moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)
