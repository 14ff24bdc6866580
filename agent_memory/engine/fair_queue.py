"""Who waits, served round robin between groups and in order of arrival within one."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from agent_memory.errors import InvariantBroken

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items in groups; the group that was served last is asked last."""

    def __init__(self) -> None:
        self._groups: OrderedDict[str, list[T]] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(items) for items in self._groups.values())

    def __iter__(self) -> Iterator[T]:
        for items in self._groups.values():
            yield from items

    def add(self, group: str, item: T) -> None:
        self._groups.setdefault(group, []).append(item)

    def remove(self, item: T) -> bool:
        """Take `item` out, wherever it stands. False when it is not here."""
        for group, items in self._groups.items():
            if item in items:
                items.remove(item)
                if not items:
                    del self._groups[group]
                return True
        return False

    def take(self, is_ready: Callable[[T], bool]) -> T | None:
        """The first ready item of the group whose turn it is; None when nothing is ready."""
        for group, items in self._groups.items():
            for item in items:
                if is_ready(item):
                    items.remove(item)
                    self._groups.move_to_end(group)
                    if not items:
                        del self._groups[group]
                    return item
        return None

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` if a group is kept without items or an item stands twice."""
        if not all(self._groups.values()):
            raise InvariantBroken("a group without items is still in the queue")
        items = list(self)
        if len(items) != len(set(items)):
            raise InvariantBroken("an item stands in the queue twice")
