"""The counters of an embedder."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EmbedderStats:
    """What one embedder has done since it started. `last_error` is empty when the last call went
    well."""

    num_waiting: int
    texts_total: int
    tokens_total: int
    failures_total: int
    seconds_total: float
    last_error: str
