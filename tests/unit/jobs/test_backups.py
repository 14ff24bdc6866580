from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from agent_memory.errors import StorageUnavailable
from agent_memory.jobs.backups import MakeBackups
from agent_memory.jobs.spec import JobRun

NOW = datetime(2026, 12, 1, tzinfo=UTC)
RUN = cast("JobRun", None)


@dataclass
class _Made:
    size: int = 10
    num_rows: int = 3


@dataclass
class _Backups:
    last: datetime | None = None
    is_broken: bool = False
    told: list[str] = field(default_factory=list)

    def last_at(self) -> datetime | None:
        return self.last

    def make(self, now: datetime) -> _Made:
        if self.is_broken:
            raise StorageUnavailable("the disk is full")
        self.told.append("make")
        self.last = now
        return _Made()

    def remove_old(self, num_kept: int) -> int:
        self.told.append(f"keep {num_kept}")
        return 1


def job(backups: _Backups, every_h: int = 24) -> MakeBackups:
    return MakeBackups(backups, every_h, 7, lambda: NOW)


async def test_old_backups_are_removed_after_a_new_one_was_made() -> None:
    backups = _Backups()

    outcome = await job(backups).do(RUN)

    assert backups.told == ["make", "keep 7"]
    assert outcome == {"is_made": True, "num_rows": 3, "num_bytes": 10, "num_removed": 1}


async def test_nothing_is_removed_when_the_new_one_fails() -> None:
    backups = _Backups(is_broken=True)

    with pytest.raises(StorageUnavailable):
        await job(backups).do(RUN)

    assert backups.told == []


@pytest.mark.parametrize(
    ("age", "is_made"),
    [(timedelta(hours=1), False), (timedelta(hours=23, minutes=55), True), (None, True)],
)
async def test_a_backup_is_made_when_it_is_due(age: timedelta | None, is_made: bool) -> None:
    backups = _Backups(None if age is None else NOW - age)

    assert (await job(backups).do(RUN))["is_made"] is is_made


async def test_no_backup_is_made_unless_the_settings_say_so() -> None:
    backups = _Backups()

    assert await job(backups, every_h=0).do(RUN) == {"is_made": False}
    assert backups.told == []
