"""The backup of a server: its database, and the secrets without which parts of it stay sealed."""

from datetime import datetime
from pathlib import Path

from agent_memory.access.sealing import Sealing
from agent_memory.errors import InvalidRequest
from agent_memory.secrets_file import private_folder
from agent_memory.settings import Settings
from agent_memory.store.backup.archive import Archive
from agent_memory.store.backup.making import (
    SECRETS_KEY,
    SECRETS_KEY_PLACE,
    BackupSecrets,
    make_backup,
)
from agent_memory.store.backup.record import BackupRecord, write_record
from agent_memory.store.sealing_key import secrets_key


def back_up(settings: Settings, url: str, path: Path, version: str, now: datetime) -> BackupRecord:
    """Make the backup and note it in the data directory. Blocks."""
    key = secrets_key(settings)
    manifest = make_backup(
        url, path, BackupSecrets(key, _sealing(settings), _outside(settings)), version, now
    )
    size = path.stat().st_size
    record = BackupRecord(str(path), now, size, manifest.num_rows, manifest.outside)
    private_folder(settings.home)
    write_record(settings.home, record)
    return record


def sealed_key(archive: Archive, settings: Settings) -> str | None:
    """The key of secrets that the backup has, or None where it was left outside. `InvalidRequest`
    when the settings have not the key that opens it."""
    if not archive.has(SECRETS_KEY):
        return None
    sealing = _sealing(settings)
    if sealing is None:
        raise InvalidRequest(
            "The backup holds a sealed key: set AGENT_MEMORY_BACKUP_KEY as it was when the backup "
            "was made.",
            "backup_key",
        )
    try:
        return sealing.open(b"".join(archive.read(SECRETS_KEY)), SECRETS_KEY_PLACE)
    except InvalidRequest as error:
        raise InvalidRequest(
            "AGENT_MEMORY_BACKUP_KEY is not the key that this backup was sealed with.", "backup_key"
        ) from error


def _sealing(settings: Settings) -> Sealing | None:
    key = settings.backup_key_bytes
    return None if key is None else Sealing(key)


def _outside(settings: Settings) -> tuple[str, ...]:
    """What has to be kept beside the backup."""
    found = []
    if settings.backup_key is not None:
        found.append("AGENT_MEMORY_BACKUP_KEY, which opens the key of secrets in the backup")
    elif settings.secrets_key is not None:
        found.append("AGENT_MEMORY_SECRETS_KEY, which opens the keys of providers")
    else:
        found.append("run/providers.key of the data directory, which opens the keys of providers")
    if settings.context_keys is not None:
        found.append("AGENT_MEMORY_CONTEXT_KEYS, which opens encrypted contexts")
    return tuple(found)
