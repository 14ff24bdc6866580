"""The last backup of a data directory, as its `run/backup.json` tells."""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson
from pydantic import TypeAdapter, ValidationError

from agent_memory.secrets_file import write_private


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """One backup that is whole. made_at: the moment that it shows."""

    path: str
    made_at: datetime
    size: int
    num_rows: int
    outside: tuple[str, ...]


_RECORD = TypeAdapter(BackupRecord)


def write_record(home: Path, record: BackupRecord) -> None:
    write_private(_path(home), orjson.dumps(asdict(record)))


def read_record(home: Path) -> BackupRecord | None:
    """None where no backup was made, or nothing readable is left of that."""
    try:
        return _RECORD.validate_json(_path(home).read_bytes())
    except (OSError, ValidationError):
        return None


def _path(home: Path) -> Path:
    return home / "run" / "backup.json"
