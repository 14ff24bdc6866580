"""Which items of a tier go first when room is needed, and at whose expense."""

import heapq
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash

Item = TypeVar("Item", bound=Hashable)

_SPARE_ENTRIES = 64


@dataclass(frozen=True, slots=True)
class Standing:
    """A workspace in one tier: bytes in use or promised, and its fair share of the budget."""

    in_use: int
    share: float


@dataclass(slots=True)
class _Rank:
    """Where an item stands: by priority, then by when it was touched last (`at`, unique)."""

    workspace: BlockHash
    nbytes: int
    priority: float
    at: int
    is_held: bool


@dataclass(slots=True)
class _Holding:
    """What a workspace has in the tier, in bytes, and its items that nobody holds, as a heap of
    (priority, at). Entries of items that were touched or held since then are left behind."""

    num_items: int = 0
    nbytes: int = 0
    idle: int = 0
    reserved: int = 0
    queue: list[tuple[float, int]] = field(default_factory=list)

    @property
    def in_use(self) -> int:
        return self.nbytes + self.reserved


class EvictionOrder(Generic[Item]):
    """GreedyDual-Size (Cao and Irani, USITS 1997), by workspace.

    An item's priority is its cost per byte on top of the priority of the item that was evicted
    last: what is cheap to rebuild goes early, and so does what was not used for long. Of equal
    ones the least recently used goes first. A workspace is known by its root hash. Its fair share
    is the budget divided by the number of workspaces that have something here; below it, a
    workspace loses nothing to another one. Evicting costs the logarithm of the number of items, and
    beginning with it the number of workspaces.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._ranks: dict[Item, _Rank] = {}
        self._by_at: dict[int, Item] = {}
        self._holdings: dict[BlockHash, _Holding] = {}
        self._floor = 0.0
        self._clock = 0

    def __len__(self) -> int:
        return len(self._ranks)

    def __contains__(self, item: Item) -> bool:
        return item in self._ranks

    def add(self, item: Item, workspace: BlockHash, nbytes: int, *, is_held: bool) -> None:
        """A new item, of no worth until it is touched."""
        rank = _Rank(workspace, nbytes, self._floor, self._tick(), is_held)
        self._ranks[item] = rank
        holding = self._holding(workspace)
        holding.num_items += 1
        holding.nbytes += nbytes
        if not is_held:
            self._make_idle(item, rank)

    def remove(self, item: Item) -> None:
        rank = self._ranks[item]
        if not rank.is_held:
            self._make_busy(rank)
        del self._ranks[item]
        holding = self._holdings[rank.workspace]
        holding.num_items -= 1
        holding.nbytes -= rank.nbytes
        self._drop_if_empty(rank.workspace)

    def touch(self, item: Item, cost_per_byte: float, at_least: float = 0.0) -> float:
        """The item is used now. Its priority becomes no less than it was, nor than `at_least`: that
        of what is useless without it. Returns it."""
        priority = max(self._floor + cost_per_byte, at_least, self._ranks[item].priority)
        self._rank(item, priority)
        return priority

    def priority(self, item: Item) -> float:
        """What was given to the item when it was touched last."""
        return self._ranks[item].priority

    def demote(self, item: Item) -> None:
        """The item has become useless: it goes among the first."""
        self._rank(item, self._floor)

    def hold(self, item: Item) -> None:
        """The item stays until it is let go. Repeatable."""
        rank = self._ranks[item]
        if not rank.is_held:
            self._make_busy(rank)
            rank.is_held = True

    def let_go(self, item: Item) -> None:
        rank = self._ranks[item]
        if rank.is_held:
            rank.is_held = False
            self._make_idle(item, rank)

    def reserve(self, workspace: BlockHash, nbytes: int) -> None:
        """Room for what is to come counts as the workspace's; a negative number gives it back."""
        self._holding(workspace).reserved += nbytes
        self._drop_if_empty(workspace)

    def move(self, item: Item, workspace: BlockHash) -> None:
        """The item turns out to be of another workspace."""
        rank = self._ranks[item]
        if rank.workspace != workspace:
            self.remove(item)
            holding = self._holding(workspace)
            holding.num_items += 1
            holding.nbytes += rank.nbytes
            self._ranks[item] = rank
            rank.workspace = workspace
            if not rank.is_held:
                self._make_idle(item, rank)

    def in_use(self, workspace: BlockHash) -> int:
        """Bytes that a workspace has here, and those promised to it."""
        holding = self._holdings.get(workspace)
        return holding.in_use if holding is not None else 0

    def share(self, workspace: BlockHash | None = None) -> float:
        """Bytes that each workspace may count on, `workspace` being one of them."""
        is_new = workspace is not None and workspace not in self._holdings
        return self.budget / max(1, len(self._holdings) + is_new)

    def can_take(self, num_bytes: int, workspace: BlockHash, *, from_all: bool = False) -> bool:
        """Whether `take` would get as much."""
        return self.spare(workspace, from_all=from_all) >= num_bytes

    def spare(self, workspace: BlockHash, *, from_all: bool = False) -> float:
        """Bytes that `take` could get."""
        share = self.share(workspace)
        spare = 0.0
        for name, holding in self._holdings.items():
            is_free = from_all or name == workspace
            beyond = max(0.0, holding.in_use - share)
            spare += holding.idle if is_free else min(holding.idle, beyond)
        return spare

    def take(
        self, num_bytes: int, workspace: BlockHash | None, *, from_all: bool = False
    ) -> Iterator[Item]:
        """Items that go so that `workspace` has `num_bytes` more: its own, and those of workspaces
        that have more than their share, or of all. Fewer when there are no more."""
        share = self.share(workspace)

        def may_lose(name: BlockHash) -> bool:
            return from_all or name == workspace or self._holdings[name].in_use > share

        fronts = [
            (front, name)
            for name in self._holdings
            if may_lose(name) and (front := self._front(name)) is not None
        ]
        heapq.heapify(fronts)
        while num_bytes > 0 and fronts:
            entry, name = heapq.heappop(fronts)
            if self._is_valid(entry, name):
                item = self._by_at[entry[1]]
                num_bytes -= self._ranks[item].nbytes
                self._floor = max(self._floor, entry[0])
                self.remove(item)
                yield item
            if name in self._holdings and may_lose(name) and (front := self._front(name)):
                heapq.heappush(fronts, (front, name))

    def has_idle(self) -> bool:
        """Something could be taken."""
        return bool(self._by_at)

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` when the sums, the heaps or the ranks contradict each other."""
        idle = {item: rank for item, rank in self._ranks.items() if not rank.is_held}
        if {rank.at: item for item, rank in idle.items()} != self._by_at:
            raise InvariantBroken("what can be evicted is not what nobody holds")
        for name, holding in self._holdings.items():
            mine = [rank for rank in self._ranks.values() if rank.workspace == name]
            loose = [rank for rank in mine if not rank.is_held]
            if holding.num_items != len(mine):
                raise InvariantBroken("items of a workspace do not add up")
            if holding.nbytes != sum(rank.nbytes for rank in mine):
                raise InvariantBroken("bytes of a workspace do not add up")
            if holding.idle != sum(rank.nbytes for rank in loose):
                raise InvariantBroken("idle bytes of a workspace do not add up")
            if not {(rank.priority, rank.at) for rank in loose} <= set(holding.queue):
                raise InvariantBroken("an item that could go is not in the queue")
            if not mine and not holding.reserved:
                raise InvariantBroken("a workspace that has nothing counts")
        if any(rank.workspace not in self._holdings for rank in self._ranks.values()):
            raise InvariantBroken("an item is of a workspace that has nothing")

    def _rank(self, item: Item, priority: float) -> None:
        rank = self._ranks[item]
        self._by_at.pop(rank.at, None)
        rank.priority, rank.at = priority, self._tick()
        if not rank.is_held:
            self._queue(item, rank)

    def _make_idle(self, item: Item, rank: _Rank) -> None:
        self._holdings[rank.workspace].idle += rank.nbytes
        self._queue(item, rank)

    def _make_busy(self, rank: _Rank) -> None:
        self._holdings[rank.workspace].idle -= rank.nbytes
        del self._by_at[rank.at]

    def _queue(self, item: Item, rank: _Rank) -> None:
        self._by_at[rank.at] = item
        queue = self._holdings[rank.workspace].queue
        heapq.heappush(queue, (rank.priority, rank.at))
        if len(queue) > 2 * len(self._by_at) + _SPARE_ENTRIES:
            queue[:] = {entry for entry in queue if self._is_valid(entry, rank.workspace)}
            heapq.heapify(queue)

    def _front(self, workspace: BlockHash) -> tuple[float, int] | None:
        """The workspace's item to go first."""
        queue = self._holdings[workspace].queue
        while queue and not self._is_valid(queue[0], workspace):
            heapq.heappop(queue)
        return queue[0] if queue else None

    def _is_valid(self, entry: tuple[float, int], workspace: BlockHash) -> bool:
        item = self._by_at.get(entry[1])
        return item is not None and self._ranks[item].workspace == workspace

    def _holding(self, workspace: BlockHash) -> _Holding:
        return self._holdings.setdefault(workspace, _Holding())

    def _drop_if_empty(self, workspace: BlockHash) -> None:
        holding = self._holdings[workspace]
        if not holding.num_items and not holding.reserved:
            del self._holdings[workspace]

    def _tick(self) -> int:
        self._clock += 1
        return self._clock
