"""The outcome of redaction."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Removal:
    """Characters [begin, end) of the text as it came, and why they went. Never what they were."""

    kind: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Redacted:
    """removed: in the order of the text, without overlap."""

    text: str
    removed: tuple[Removal, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of each kind were removed."""
        return Counter(removal.kind for removal in self.removed)
