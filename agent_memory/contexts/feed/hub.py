"""The readers of one process, by workspace, and how far each workspace has been told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agent_memory.contexts.change import Change
from agent_memory.contexts.feed.listener import Listener
from agent_memory.errors import InvariantBroken
from agent_memory.ids import WorkspaceId

MAX_WAITING = 1000


@dataclass(slots=True)
class _Room:
    """position: the last change that was told here."""

    position: int
    listeners: dict[Listener, None] = field(default_factory=dict)


class Hub:
    """Passes on the changes of a workspace to its readers. A workspace without any is forgotten."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self._max_waiting = max_waiting
        self._rooms: dict[WorkspaceId, _Room] = {}

    @property
    def workspaces(self) -> Sequence[WorkspaceId]:
        """Those that somebody listens to."""
        return list(self._rooms)

    @property
    def num_listeners(self) -> int:
        return sum(len(room.listeners) for room in self._rooms.values())

    def position(self, workspace: WorkspaceId) -> int | None:
        """The last change that was told; None where nobody listens."""
        room = self._rooms.get(workspace)
        return None if room is None else room.position

    def join(self, workspace: WorkspaceId, head: int) -> Listener:
        """A reader without subscriptions. head: the newest change, as it was just read; it counts
        only for the first reader of a workspace."""
        room = self._rooms.setdefault(workspace, _Room(head))
        listener = Listener(workspace, self._max_waiting)
        room.listeners[listener] = None
        return listener

    def leave(self, listener: Listener) -> None:
        room = self._rooms.get(listener.workspace)
        if room is None:
            return
        room.listeners.pop(listener, None)
        if not room.listeners:
            del self._rooms[listener.workspace]

    def tell(self, workspace: WorkspaceId, changes: Iterable[Change]) -> None:
        """Pass on what follows the position; what was told before is passed over.

        `InvariantBroken` at a gap, for the numbers are dense.
        """
        room = self._rooms.get(workspace)
        if room is None:
            return
        for change in changes:
            if change.seq <= room.position:
                continue
            if change.seq != room.position + 1:
                raise InvariantBroken(f"change {change.seq} follows {room.position} in {workspace}")
            room.position = change.seq
            for listener in room.listeners:
                listener.tell(change)

    def restart(self, workspace: WorkspaceId, head: int) -> Sequence[Listener]:
        """The numbers went on elsewhere: the readers, who have to begin again from `head`."""
        room = self._rooms.get(workspace)
        if room is None:
            return ()
        room.position = head
        return list(room.listeners)
