"""What stands in front of a message of harmony and says for whom it is."""

import re
from collections.abc import Collection

from agent_memory.prompts.harmony.marks import CHANNEL, CONSTRAIN, NAMESPACE, START

_RECIPIENT = re.compile(r"(?:^|\s)to=(\S+)")
_READERS = frozenset({"user", "all"})


class Header:
    """A header while it is written: its role, its channel, its recipient.

    begun: what the prompt has written of it. Words after those are either a recipient or no header
    at all: the model answers without one.
    """

    def __init__(self, begun: str = "") -> None:
        self._begun = begun
        self._words = ""
        self._parts: dict[str, str] = {}
        self._at: str | None = None

    @property
    def raw(self) -> str:
        """All that the model wrote of it."""
        return self._words + "".join(f"{mark}{text}" for mark, text in self._parts.items())

    @property
    def has_marks(self) -> bool:
        return bool(self._parts)

    @property
    def channel(self) -> str:
        """The channel's name, or nothing."""
        words = self._parts.get(CHANNEL, "").split()
        return words[0] if words and not words[0].startswith("to=") else ""

    @property
    def recipient(self) -> str | None:
        """Whom the message is for; None for everybody who reads the channel."""
        for place in (f"{self._begun} {self._words}", *self._parts.values()):
            if (found := _RECIPIENT.search(place)) and found[1] not in _READERS:
                return found[1]
        return None

    @property
    def may_be_one(self) -> bool:
        """Whether what was written may still be a header."""
        words = self._words.lstrip()
        return self.has_marks or not self._begun or "to=".startswith(words[:3])

    def add(self, text: str) -> None:
        """More words of it."""
        if self._at is None:
            self._words += text
        else:
            self._parts[self._at] += text

    def add_mark(self, mark: str) -> None:
        """A mark, of a channel or of the form of what follows."""
        self._at = mark
        self._parts.setdefault(mark, "")

    def tool(self, names: Collection[str]) -> str | None:
        """The tool among `names` that the message is for."""
        if self.recipient is None:
            return None
        own = self.recipient.removeprefix(f"{NAMESPACE}.")
        return next((name for name in (own, self.recipient) if name in names), None)


def header_of(text: str) -> Header:
    """The header that the prompt has written, from after `<|start|>` to before `<|message|>`."""
    role, *parts = re.split(f"({re.escape(CHANNEL)}|{re.escape(CONSTRAIN)})", text)
    header = Header(role.removeprefix(START))
    for mark, words in zip(parts[::2], parts[1::2], strict=True):
        header.add_mark(mark)
        header.add(words)
    return header
