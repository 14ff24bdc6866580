"""The engine that a pool stands beside, as far as the cache has to know it."""

from typing import Protocol

from agent_memory.cache.kv_form import KvForm
from agent_memory.cache.parcel_bounds import ParcelBounds


class KvEngine(Protocol):
    """A loaded model: what its blocks are made of, and which of several it is.

    `EngineInfo` has all of this, under the same words, and what the cache need not know besides.
    """

    @property
    def fingerprint(self) -> str: ...

    @property
    def kv_format(self) -> str: ...

    @property
    def block_size(self) -> int: ...

    @property
    def bytes_per_token(self) -> int: ...

    @property
    def has_snapshots(self) -> bool: ...

    @property
    def kv_form(self) -> KvForm: ...

    @property
    def incarnation(self) -> str: ...

    @property
    def loaded_at(self) -> float: ...

    def parcel_bounds(self, num_tokens: int) -> ParcelBounds: ...
