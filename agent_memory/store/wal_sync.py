"""How PostgreSQL gets what it acknowledges onto the disk itself."""

from pathlib import Path

from agent_memory.disk_sync import has_cache_to_empty


def wal_sync_settings(folder: Path) -> dict[str, str]:
    """Its settings for a database on the disk of `folder`.

    By default it stops at the drive's cache on macOS. This setting holds for its log and, at a
    checkpoint, for its tables.
    """
    return {"wal_sync_method": "fsync_writethrough"} if has_cache_to_empty(folder) else {}
