"""Whether the disk of the data directory takes what is written."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from agent_memory.disk_sync import sync
from agent_memory.errors import StorageUnavailable

MIN_FREE_BYTES = 16 * 1024 * 1024
"""PostgreSQL takes so much at once when it begins a new file of its journal."""
_WRITTEN = b"\0" * 4096


class DiskProbe:
    """Writes a small file into `folder` and removes it."""

    def __init__(self, folder: Path, min_free_bytes: int = MIN_FREE_BYTES) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes

    async def __call__(self) -> None:
        """Return when it was written; else `StorageUnavailable` says why not."""
        await asyncio.to_thread(check_disk, self._folder, self._min_free_bytes)


def check_disk(folder: Path, min_free_bytes: int = MIN_FREE_BYTES) -> None:
    """As `DiskProbe`. Blocks."""
    try:
        free = shutil.disk_usage(folder).free
        if free < min_free_bytes:
            raise StorageUnavailable(
                f"The disk of {folder} is full: {free // 1024:,} KiB are free, "
                f"{min_free_bytes // 1024:,} are needed."
            )
        _write(folder)
    except OSError as error:
        raise StorageUnavailable(f"{folder} cannot be written: {error.strerror}.") from error


def _write(folder: Path) -> None:
    handle, name = tempfile.mkstemp(prefix="probe-", dir=folder)
    try:
        os.write(handle, _WRITTEN)
        sync(handle)
    finally:
        os.close(handle)
        Path(name).unlink(missing_ok=True)
