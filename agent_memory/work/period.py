"""Times of day at which something is done again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Period:
    """Every so many minutes of a day (UTC), beginning `offset` minutes after midnight.

    `minutes` divides an hour, or is a number of hours that divides a day.
    """

    minutes: int
    offset: int = 0

    def __post_init__(self) -> None:
        divides_an_hour = 60 % self.minutes == 0
        divides_a_day = self.minutes % 60 == 0 and _DAY % self.minutes == 0
        if not (divides_an_hour or divides_a_day) or not 0 <= self.offset < self.minutes:
            raise ValueError(f"no period: {self}")

    @property
    def cron(self) -> str:
        """The same as five fields of cron."""
        if self.minutes <= 60:
            minutes = range(self.offset, 60, self.minutes)
            return f"{','.join(map(str, minutes))} * * * *"
        hours = range(self.offset // 60, 24, self.minutes // 60)
        return f"{self.offset % 60} {','.join(map(str, hours))} * * *"

    def next_at(self, now: datetime) -> datetime:
        """The first time after `now`."""
        now = now.astimezone(UTC)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        passed = (now - midnight) / timedelta(minutes=1) - self.offset
        return midnight + timedelta(
            minutes=self.offset + (passed // self.minutes + 1) * self.minutes
        )
