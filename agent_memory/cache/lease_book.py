"""The leases that are out."""

from collections.abc import Iterator
from dataclasses import dataclass

from agent_memory.cache.block import Block
from agent_memory.cache.lease import Lease
from agent_memory.cache.terms import LeaseTerms
from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash, LeaseId


@dataclass(frozen=True, slots=True)
class ActiveLease:
    """A lease with what it holds: references to `blocks`, and `reserved` bytes of the workspace
    that `root` begins."""

    lease: Lease
    root: BlockHash
    owner: str
    blocks: tuple[Block, ...]
    reserved: int
    granted_at: float
    terms: LeaseTerms = LeaseTerms()  # noqa: RUF009  frozen value


class LeaseBook:
    """Active leases by id; a block's `num_refs` is the number of those that use it."""

    def __init__(self) -> None:
        self._leases: dict[LeaseId, ActiveLease] = {}

    def __len__(self) -> int:
        return len(self._leases)

    def open(self, active: ActiveLease) -> None:
        self._leases[active.lease.lease_id] = active
        for block in active.blocks:
            block.add_owner(active.owner)

    def close(self, lease_id: LeaseId) -> ActiveLease | None:
        """The lease is over; None when it is unknown."""
        return self._leases.pop(lease_id, None)

    def __iter__(self) -> Iterator[ActiveLease]:
        return iter(tuple(self._leases.values()))

    def promised_to(self, root: BlockHash) -> int:
        """Bytes reserved for the turns of a workspace."""
        return sum(active.reserved for active in self._leases.values() if active.root == root)

    def has_any_of(self, root: BlockHash) -> bool:
        """Some turn of that workspace is under way."""
        return any(active.root == root for active in self._leases.values())

    def of_owner(self, owner: str) -> tuple[LeaseId, ...]:
        return tuple(name for name, active in self._leases.items() if active.owner == owner)

    def all_ids(self) -> tuple[LeaseId, ...]:
        return tuple(self._leases)

    def oldest_at(self) -> float | None:
        """When the oldest lease was granted."""
        return next((active.granted_at for active in self._leases.values()), None)

    def check_integrity(self, blocks: tuple[Block, ...], reserved: int) -> None:
        """Raise `InvariantBroken` when references of `blocks` or reserved bytes are wrong."""
        counts: dict[int, int] = {}
        for active in self._leases.values():
            for block in active.blocks:
                counts[id(block)] = counts.get(id(block), 0) + 1
        if any(block.num_refs != counts.get(id(block), 0) for block in blocks):
            raise InvariantBroken("a block's references do not add up")
        if reserved != sum(active.reserved for active in self._leases.values()):
            raise InvariantBroken("reserved bytes do not add up")
