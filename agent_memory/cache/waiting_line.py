"""Turns that wait for room, in the order in which they get it."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from agent_memory.cache.terms import LeaseTerms
from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash, LeaseId

OVERDUE_S = 30.0
"""Who has waited for so long goes before all others, in order of arrival."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """A turn that waits for a lease of `num_bytes`; `since` is when it came."""

    lease_id: LeaseId
    root: BlockHash
    owner: str
    num_bytes: int
    terms: LeaseTerms
    since: float


class WaitingLine:
    """Fair between workspaces: first comes whose workspace has the least.

    Among the turns of one workspace the higher priority goes first, then who came earlier. Those
    of a priority below 0 stand after all others. Nobody waits for ever: see `OVERDUE_S`.
    """

    def __init__(self) -> None:
        self._waiters: dict[LeaseId, Waiter] = {}

    def __len__(self) -> int:
        return len(self._waiters)

    def __contains__(self, lease_id: LeaseId) -> bool:
        return lease_id in self._waiters

    def join(self, waiter: Waiter) -> None:
        """A turn begins to wait; one that waits already under the same id is replaced."""
        self._waiters[waiter.lease_id] = waiter

    def leave(self, lease_id: LeaseId) -> None:
        """An unknown one is no matter."""
        self._waiters.pop(lease_id, None)

    def of_owner(self, owner: str) -> tuple[LeaseId, ...]:
        return tuple(w.lease_id for w in self._waiters.values() if w.owner == owner)

    def in_order(self, in_use: Callable[[BlockHash], int], now: float) -> list[Waiter]:
        """Everyone, who is to be served first first. `in_use`: bytes promised to the running turns
        of a workspace."""
        overdue = [w for w in self._waiters.values() if now - w.since >= OVERDUE_S]
        others = [w for w in self._waiters.values() if now - w.since < OVERDUE_S]
        ahead: dict[BlockHash, int] = defaultdict(int)
        ranked: list[tuple[bool, int, float, Waiter]] = []
        for waiter in sorted(others, key=lambda w: (-w.terms.priority, w.since)):
            has = in_use(waiter.root) + ahead[waiter.root]
            ahead[waiter.root] += waiter.num_bytes
            ranked.append((waiter.terms.priority < 0, has, waiter.since, waiter))
        ranked.sort(key=lambda entry: entry[:3])
        return sorted(overdue, key=lambda w: w.since) + [waiter for *_, waiter in ranked]

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when someone stands here under another's id."""
        if any(name != waiter.lease_id for name, waiter in self._waiters.items()):
            raise InvariantBroken("a waiting turn stands under another's id")
