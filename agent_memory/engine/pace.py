"""How much may be prefilled between two decode steps without anyone noticing."""

from collections import deque
from statistics import median

SMALLEST_CHUNK = 8
TILE = 16
"""Devices compute tokens in tiles: a pass with one token more than a tile costs most of another."""
_NUM_REMEMBERED = 9


class _Lately:
    """The usual among the last few values: one step that was held up says nothing of the next."""

    def __init__(self) -> None:
        self._values: deque[float] = deque(maxlen=_NUM_REMEMBERED)

    @property
    def usual(self) -> float | None:
        return median(self._values) if self._values else None

    def add(self, value: float) -> None:
        self._values.append(value)


class Pace:
    """Learns what decoding and prefilling cost here, and sizes chunks by it.

    While rows decode, a chunk may take `slowdown` times as long as a quiet decode step: the gap
    between two tokens is `1 + slowdown` quiet gaps then. The goal is three at most; the rest is
    for chance.
    """

    def __init__(self, token_budget: int, slowdown: float = 1.2) -> None:
        self._token_budget = token_budget
        self._slowdown = slowdown
        self._quiet_step_s = _Lately()
        self._prefill_token_s = _Lately()
        self._prefill_token_beside_s = _Lately()

    @property
    def prefill_tokens_per_s(self) -> float | None:
        """As measured lately; None before the first observation."""
        token_s = self._prefill_token_s.usual
        return 1 / token_s if token_s else None

    def chunk_limit(self, num_decoding: int) -> int:
        """Most tokens that the next chunk may have."""
        if num_decoding == 0:
            return self._token_budget
        limit = self._token_budget // 4
        # Small chunks cost more a token than those that are fed while nobody decodes.
        token_s = self._prefill_token_beside_s.usual or self._prefill_token_s.usual
        quiet_step_s = self._quiet_step_s.usual
        if quiet_step_s is not None and token_s is not None:
            limit = int(quiet_step_s * self._slowdown / token_s)
        limit = min(limit, self._token_budget - num_decoding)
        # The decoding rows' tokens go through the model beside the chunk's.
        least = num_decoding + SMALLEST_CHUNK
        num_tiles = max((limit + num_decoding) // TILE, -(-least // TILE))
        return num_tiles * TILE - num_decoding

    def observe(self, num_decoding: int, num_prefilled: int, seconds: float) -> None:
        """One step has taken `seconds` for so many decoded rows and prefilled tokens."""
        if seconds <= 0:
            return
        if num_decoding and not num_prefilled:
            self._quiet_step_s.add(seconds)
        elif num_prefilled >= SMALLEST_CHUNK and num_decoding:
            of_prefill_s = max(seconds - (self._quiet_step_s.usual or 0.0), seconds / 10)
            self._prefill_token_beside_s.add(of_prefill_s / num_prefilled)
        elif num_prefilled >= SMALLEST_CHUNK:
            self._prefill_token_s.add(seconds / num_prefilled)
