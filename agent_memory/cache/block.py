"""A KV block as the pool knows it: where its bytes are and who holds them."""

from dataclasses import dataclass, field

from agent_memory.cache.lease import Location
from agent_memory.cache.tokens import WIDTH
from agent_memory.ids import BlockHash

MAX_OWNERS = 32
"""Beyond so many a block is everybody's; only lack of use ends it."""


def outlives(one: float | None, other: float | None) -> bool:
    """Of two times at which something fades, the first is the later one; None is never."""
    return other is not None and (one is None or one > other)


@dataclass(slots=True, eq=False)
class Block:
    """A node of the tree of prefixes. `tokens` is packed, `nbytes` is its size in memory.

    tier: of memory, resident or at rest; None when it is in its file only. num_refs: active leases
    that use it. root: the hash that its path begins from, as far as that is
    known here; `num_before` tokens come before it. owners: sessions that made or used it; emptied
    for good when `is_common`. is_abandoned: all of them were deleted, and something else kept it
    here. fades_at: when it has to be gone, in Unix seconds; None: never.
    """

    hash: BlockHash
    parent: BlockHash
    tokens: bytes
    nbytes: int
    is_snapshot: bool
    tier: Location | None = None
    file: str | None = None
    root: BlockHash = BlockHash("")  # noqa: RUF009  a text
    num_before: int = 0
    num_refs: int = 0
    owners: set[str] = field(default_factory=set)
    is_common: bool = False
    is_abandoned: bool = False
    fades_at: float | None = None

    @property
    def num_tokens(self) -> int:
        return len(self.tokens) // WIDTH

    @property
    def is_resident(self) -> bool:
        return self.tier is Location.RESIDENT

    @property
    def is_at_rest(self) -> bool:
        return self.tier is Location.MEMORY

    @property
    def is_lost(self) -> bool:
        return self.tier is None and self.file is None

    @property
    def location(self) -> Location:
        """From where it is had soonest, unless it is lost."""
        return self.tier or Location.SHELF

    def last_until(self, fades_at: float | None) -> None:
        """Somebody else has computed it too, and may keep it for as long."""
        if outlives(fades_at, self.fades_at):
            self.fades_at = fades_at

    def add_owner(self, owner: str) -> None:
        if self.is_common:
            return
        self.is_abandoned = False
        self.owners.add(owner)
        if len(self.owners) > MAX_OWNERS:
            self.owners.clear()
            self.is_common = True

    def drop_owner(self, owner: str) -> None:
        if owner in self.owners:
            self.owners.discard(owner)
            self.is_abandoned = not self.owners

    def is_only_of(self, owner: str) -> bool:
        """True when no other session is known to have used it."""
        return not self.is_common and self.owners <= {owner}
