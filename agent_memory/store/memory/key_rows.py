"""Keys as they are indexed: paths by their last part, so that `src/x/Foo.java` meets `Foo.java`."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from agent_memory.memory.items.item import Key
from agent_memory.memory.items.kinds import KeyKind
from agent_memory.store.safe_text import escape

MAX_LENGTH = 500
"""Characters of a key that count: an entry of an index has a limit in bytes."""


def key_name(key: Key) -> str:
    """What an equal key has in common with this one: of a file its base name."""
    value = key_value(key)
    return value.rpartition("/")[2] or value if key.kind is KeyKind.FILE else value


def key_value(key: Key) -> str:
    value = escape(key.value)[-MAX_LENGTH:]
    return value.replace("\\", "/") if key.kind is KeyKind.FILE else value


@dataclass(slots=True)
class KeyColumns:
    """Rows of `item_keys`, column by column."""

    kinds: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    item_nos: list[int] = field(default_factory=list)

    def add(self, item_no: int, keys: Iterable[Key]) -> None:
        for key in keys:
            self.kinds.append(key.kind.value)
            self.names.append(key_name(key))
            self.values.append(key_value(key))
            self.item_nos.append(item_no)
