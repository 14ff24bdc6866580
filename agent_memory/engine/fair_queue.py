"""Who waits, served round robin between groups."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from agent_memory.errors import InvariantBroken

T = TypeVar("T")

YIELDING = 8
"""One of so many times one of a priority below 0 goes first: they wait long, and not for ever."""


class FairQueue(Generic[T]):
    """Items in groups; the group that was served last is asked last.

    Within a group the higher priority goes first, then who came earlier: a priority is worth
    something among the items of one group only. But one below 0 stands after those of all groups.
    """

    def __init__(self) -> None:
        self._groups: OrderedDict[str, list[tuple[int, T]]] = OrderedDict()
        self._num_taken = 0

    def __len__(self) -> int:
        return sum(len(entries) for entries in self._groups.values())

    def __iter__(self) -> Iterator[T]:
        for entries in self._groups.values():
            yield from (item for _, item in entries)

    def add(self, group: str, item: T, priority: int = 0) -> None:
        entries = self._groups.setdefault(group, [])
        at = next((i for i, (other, _) in enumerate(entries) if other < priority), len(entries))
        entries.insert(at, (priority, item))

    def remove(self, item: T) -> bool:
        """Take `item` out, wherever it stands. False when it is not here."""
        for group, entries in self._groups.items():
            for entry in entries:
                if entry[1] == item:
                    self._take_out(group, entry)
                    return True
        return False

    def take(self, is_ready: Callable[[T], bool]) -> T | None:
        """The first ready item of the group whose turn it is; None when nothing is ready."""
        is_their_turn = (self._num_taken + 1) % YIELDING == 0
        for yields in (True, False) if is_their_turn else (False, True):
            for group, entries in self._groups.items():
                for entry in entries:
                    priority, item = entry
                    if (priority < 0) == yields and is_ready(item):
                        self._groups.move_to_end(group)
                        self._take_out(group, entry)
                        self._num_taken += 1
                        return item
        return None

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` if a group is kept without items, an item stands twice, or a
        higher priority stands after a lower one."""
        if not all(self._groups.values()):
            raise InvariantBroken("a group without items is still in the queue")
        items = list(self)
        if len(items) != len(set(items)):
            raise InvariantBroken("an item stands in the queue twice")
        for entries in self._groups.values():
            priorities = [priority for priority, _ in entries]
            if priorities != sorted(priorities, reverse=True):
                raise InvariantBroken("a higher priority stands after a lower one")

    def _take_out(self, group: str, entry: tuple[int, T]) -> None:
        entries = self._groups[group]
        entries.remove(entry)
        if not entries:
            del self._groups[group]
