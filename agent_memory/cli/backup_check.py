"""The doctor's check of backups."""

from datetime import UTC, datetime, timedelta

from agent_memory.cli.finding import Finding, ok, warn
from agent_memory.settings import Settings
from agent_memory.store.backup.record import read_record

_MIB = 1024 * 1024


def check_backup(settings: Settings, now: datetime | None = None) -> Finding:
    """When the last one was made, and whether one that the settings ask for is overdue."""
    now = datetime.now(UTC) if now is None else now
    record, every = read_record(settings.home), timedelta(hours=settings.backup_every_h)
    if record is None:
        if every:
            return warn("backup", "none yet", "A running server makes one within the hour.")
        return ok("backup", "none yet (`agent-memory backup FILE`, or AGENT_MEMORY_BACKUP_EVERY_H)")
    detail = (
        f"{record.made_at:%Y-%m-%d %H:%M} UTC, {_age(now - record.made_at)} ago, "
        f"{record.size / _MIB:.1f} MiB, {record.path}"
    )
    if every and now - record.made_at > 2 * every:
        remedy = "Look for dead jobs of the kind make_backup (GET /v1/workers/jobs?state=dead)."
        return warn("backup", f"{detail}: overdue", remedy)
    return ok("backup", detail)


def _age(age: timedelta) -> str:
    hours = int(age / timedelta(hours=1))
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"
