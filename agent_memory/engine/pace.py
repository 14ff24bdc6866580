"""How much may be prefilled between two decode steps without anyone noticing."""

SMALLEST_CHUNK = 16
_WEIGHT = 0.2


class Pace:
    """Learns what decoding and prefilling cost here, and sizes chunks by it.

    While rows decode, a chunk may take `slowdown` times as long as a quiet decode step: the gap
    between two tokens is `1 + slowdown` quiet gaps then. The goal is three at most; the rest is
    for chance.
    """

    def __init__(self, token_budget: int, slowdown: float = 1.7) -> None:
        self._token_budget = token_budget
        self._slowdown = slowdown
        self._quiet_step_s: float | None = None
        self._prefill_token_s: float | None = None
        self._prefill_token_beside_s: float | None = None

    @property
    def prefill_tokens_per_s(self) -> float | None:
        """As measured lately; None before the first observation."""
        return 1 / self._prefill_token_s if self._prefill_token_s else None

    def chunk_limit(self, num_decoding: int) -> int:
        """Most tokens that the next chunk may have."""
        if num_decoding == 0:
            return self._token_budget
        limit = self._token_budget // 4
        # Small chunks cost more a token than those that are fed while nobody decodes.
        token_s = self._prefill_token_beside_s or self._prefill_token_s
        if self._quiet_step_s is not None and token_s is not None:
            limit = int(self._quiet_step_s * self._slowdown / token_s)
        limit = min(limit, self._token_budget - num_decoding)
        # Sizes that recur let the device reuse its buffers.
        return max(SMALLEST_CHUNK, limit // SMALLEST_CHUNK * SMALLEST_CHUNK)

    def observe(self, num_decoding: int, num_prefilled: int, seconds: float) -> None:
        """One step has taken `seconds` for so many decoded rows and prefilled tokens."""
        if seconds <= 0:
            return
        if num_decoding and not num_prefilled:
            self._quiet_step_s = _mean(self._quiet_step_s, seconds)
        elif num_prefilled >= SMALLEST_CHUNK and num_decoding:
            token_s = max(seconds - (self._quiet_step_s or 0.0), seconds / 10) / num_prefilled
            self._prefill_token_beside_s = _mean(self._prefill_token_beside_s, token_s)
        elif num_prefilled >= SMALLEST_CHUNK:
            self._prefill_token_s = _mean(self._prefill_token_s, seconds / num_prefilled)


def _mean(mean: float | None, value: float) -> float:
    return value if mean is None else mean + _WEIGHT * (value - mean)
