"""The folder in which a server keeps backups that it makes by itself."""

import re
from datetime import UTC, datetime
from pathlib import Path

from agent_memory.errors import StorageUnavailable
from agent_memory.secrets_file import private_folder
from agent_memory.settings import Settings
from agent_memory.store.backup.archive import Archive
from agent_memory.store.backup.of_server import back_up
from agent_memory.store.backup.record import BackupRecord

_FORM = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"agent-memory-(\d{8}T\d{6}Z)\.backup")


class BackupFolder:
    """Implements `agent_memory.jobs.backups.Backups`. Files of other names are left alone."""

    def __init__(self, settings: Settings, url: str, version: str) -> None:
        self._settings = settings
        self._url = url
        self._version = version

    def last_at(self) -> datetime | None:
        made = self._made()
        return made[-1][0] if made else None

    def make(self, now: datetime) -> BackupRecord:
        """A new one, read again from the disk to be certain that it is whole. Blocks."""
        path = self._open() / f"agent-memory-{now:{_FORM}}.backup"
        record = back_up(self._settings, self._url, path, self._version, now)
        Archive.verified(path)
        return record

    def remove_old(self, num_kept: int) -> int:
        """All but the newest; how many."""
        old = self._made()[:-num_kept]
        for _, path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _open(self) -> Path:
        folder = self._settings.backup_folder
        try:
            return folder if folder.is_dir() else private_folder(folder)
        except OSError as error:
            raise StorageUnavailable(f"The folder {folder} cannot be made: {error}.") from error

    def _made(self) -> list[tuple[datetime, Path]]:
        """The oldest first."""
        folder = self._settings.backup_folder
        found = [(_NAME.fullmatch(path.name), path) for path in folder.glob("agent-memory-*")]
        return sorted((_at(match[1]), path) for match, path in found if match is not None)


def _at(text: str) -> datetime:
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)
