"""How fast the shelf is read."""

MIN_BYTES = 1024 * 1024
"""Of what is smaller, opening the file is most of the time."""
_WEIGHT = 0.3
_HOPE = 1.25


class ReadPace:
    """Learns bytes a second from what was read. Used by several threads, of which one observes."""

    def __init__(self) -> None:
        self._bytes_per_s: float | None = None

    @property
    def bytes_per_s(self) -> float | None:
        """As measured lately; None before the first read that was long enough."""
        return self._bytes_per_s

    def observe(self, num_bytes: int, seconds: float) -> None:
        """So many bytes were read and checked."""
        if num_bytes < MIN_BYTES or seconds <= 0:
            return
        rate = num_bytes / seconds
        known = self._bytes_per_s
        self._bytes_per_s = rate if known is None else known + _WEIGHT * (rate - known)

    def pass_over(self) -> None:
        """Something was not read because it would take too long: a disk that was slow for a while
        is tried again in the end."""
        if self._bytes_per_s is not None:
            self._bytes_per_s *= _HOPE
