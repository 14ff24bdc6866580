"""Token buckets: how much may be taken at a moment, as functions of state and time.

A bucket holds `capacity` and fills up in `per_s` seconds. It may fall below nothing when more was
used than was taken beforehand; then it must fill up again before anything can be taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LONGEST_WAIT_S = 3600.0


@dataclass(frozen=True, slots=True)
class Level:
    """What a bucket held at a time (in seconds, of any clock that only goes forward)."""

    amount: float
    at: float


@dataclass(frozen=True, slots=True)
class Draw:
    """`amount` out of the bucket `key`. One that asks for more than a bucket can hold takes all."""

    key: str
    capacity: float
    per_s: float
    amount: float

    @property
    def taken(self) -> float:
        """What leaves the bucket."""
        return min(self.amount, self.capacity)


@dataclass(frozen=True, slots=True)
class Slot:
    """One of `capacity` places, of which each holder has one at most."""

    key: str
    capacity: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """The bucket or place that is missing, and after how many seconds to ask again."""

    key: str
    wait_s: float


def level_of(draw: Draw, level: Level | None, now: float) -> float:
    """What the bucket holds at `now`; a bucket that was never used is full."""
    if level is None:
        return draw.capacity
    gained = max(0.0, now - level.at) * draw.capacity / draw.per_s
    return min(draw.capacity, level.amount + gained)


def wait_for(draw: Draw, level: Level | None, now: float) -> float:
    """Seconds until the draw is possible; 0 when it is now."""
    missing = draw.taken - level_of(draw, level, now)
    if draw.capacity <= 0:
        return LONGEST_WAIT_S if draw.amount > 0 else 0.0
    return max(0.0, missing * draw.per_s / draw.capacity)


def refusal_of(draws: Sequence[Draw], levels: Mapping[str, Level], now: float) -> Refusal | None:
    """The draw that has to wait longest; None when all are possible together."""
    waits = [Refusal(draw.key, wait_for(draw, levels.get(draw.key), now)) for draw in draws]
    worst = max(waits, key=lambda it: it.wait_s, default=None)
    return worst if worst is not None and worst.wait_s > 0 else None


def drawn(draws: Sequence[Draw], levels: Mapping[str, Level], now: float) -> dict[str, Level]:
    """The levels of the buckets after all of `draws`."""
    return {
        draw.key: Level(level_of(draw, levels.get(draw.key), now) - draw.taken, now)
        for draw in draws
    }


def corrected(
    draws: Sequence[Draw], used: Sequence[float], levels: Mapping[str, Level], now: float
) -> dict[str, Level]:
    """The levels once it is known how much was really used of what each draw took."""
    return {
        draw.key: Level(
            min(
                draw.capacity,
                level_of(draw, levels.get(draw.key), now) + draw.taken - really,
            ),
            now,
        )
        for draw, really in zip(draws, used, strict=True)
    }
