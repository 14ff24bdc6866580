"""How long something takes, as far as it was observed."""

from bisect import bisect_left
from dataclasses import dataclass, field

BOUNDS_S = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
)


@dataclass(slots=True)
class Distribution:
    """Observations in seconds. `counts[i]` of them are at most `BOUNDS_S[i]` and more than the
    bound before; the last count is of those beyond all bounds. One thread observes."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    total_s: float = 0.0

    @property
    def num(self) -> int:
        return sum(self.counts)

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.total_s += seconds

    def copy(self) -> "Distribution":
        """What has been observed until now."""
        return Distribution(list(self.counts), self.total_s)
