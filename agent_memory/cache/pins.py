"""Files of the shelf that stay for a time, whoever needs the room."""

from collections.abc import Container
from dataclasses import dataclass

from agent_memory.errors import InvariantBroken
from agent_memory.ids import BlockHash

PIN_SHARE = 0.5
"""So much of its share of the shelf a workspace may pin."""


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file of `nbytes` of the workspace that `root` begins, until a time."""

    root: BlockHash
    nbytes: int
    until: float


class PinBook:
    """Which files are pinned, in the order in which they were. Bytes and seconds throughout."""

    def __init__(self) -> None:
        self._pins: dict[str, PinnedFile] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._pins

    def nbytes_of(self, root: BlockHash) -> int:
        """What a workspace has pinned."""
        return sum(pin.nbytes for pin in self._pins.values() if pin.root == root)

    def add(self, name: str, pin: PinnedFile, limit: float) -> bool:
        """Pin a file, or pin it for longer; False when the workspace would have more than `limit`
        bytes pinned then."""
        known = self._pins.get(name)
        if known is None and self.nbytes_of(pin.root) + pin.nbytes > limit:
            return False
        if known is None or known.until < pin.until:
            self._pins[name] = pin
        return True

    def take_over(self, now: float, files: Container[str]) -> list[str]:
        """Files whose time is over, or that are not among `files` any more."""
        over = [n for n, pin in self._pins.items() if pin.until <= now or n not in files]
        for name in over:
            del self._pins[name]
        return over

    def take_excess(self, root: BlockHash, limit: float) -> list[str]:
        """Files of a workspace, the last pinned first, without which it keeps to `limit`: its
        share becomes smaller when there are more workspaces."""
        over: list[str] = []
        for name in [name for name, pin in self._pins.items() if pin.root == root][::-1]:
            if self.nbytes_of(root) <= limit:
                break
            del self._pins[name]
            over.append(name)
        return over

    def roots(self) -> set[BlockHash]:
        """Workspaces that have something pinned."""
        return {pin.root for pin in self._pins.values()}

    def check_integrity(self, pinned: set[str]) -> None:
        """Raise `InvariantBroken` unless `pinned`, what the shelf holds for our sake, is here."""
        if not pinned <= self._pins.keys():
            raise InvariantBroken("a file is held that nobody pinned")
