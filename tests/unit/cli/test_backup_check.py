from datetime import UTC, datetime
from pathlib import Path

from agent_memory.cli.backup_check import check_backup
from agent_memory.cli.finding import Outcome
from agent_memory.settings import Settings
from agent_memory.store.backup.record import BackupRecord, write_record

MADE_AT = datetime(2026, 12, 1, 3, 41, tzinfo=UTC)


def _settings(home: Path, backup_every_h: int = 0) -> Settings:
    return Settings(data_dir=home, backup_every_h=backup_every_h)


def _noted(home: Path) -> None:
    write_record(home, BackupRecord("/b/one.backup", MADE_AT, 3 * 1024 * 1024, 12, ()))


def test_the_last_backup_is_told_with_its_age(tmp_path: Path) -> None:
    _noted(tmp_path)
    now = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)

    finding = check_backup(_settings(tmp_path, backup_every_h=24), now)

    assert finding.outcome is Outcome.OK
    assert finding.detail == "2026-12-01 03:41 UTC, 5 h ago, 3.0 MiB, /b/one.backup"


def test_a_backup_that_is_overdue_is_a_warning(tmp_path: Path) -> None:
    _noted(tmp_path)
    now = datetime(2026, 12, 4, tzinfo=UTC)

    assert check_backup(_settings(tmp_path, backup_every_h=24), now).outcome is Outcome.WARN
    assert check_backup(_settings(tmp_path), now).outcome is Outcome.OK


def test_without_any_backup_only_a_schedule_makes_a_warning(tmp_path: Path) -> None:
    assert check_backup(_settings(tmp_path)).outcome is Outcome.OK
    assert check_backup(_settings(tmp_path, backup_every_h=1)).outcome is Outcome.WARN
