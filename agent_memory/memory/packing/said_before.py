"""Which texts say nothing that was not said before."""

import re
from collections import Counter
from dataclasses import dataclass

from agent_memory.ids import MaterialId
from agent_memory.memory.items.content_hash import normal_text
from agent_memory.memory.items.item import Item
from agent_memory.memory.packing.stretches import Stretches

NEAR = 0.85
"""Of the three-word sequences of two texts, the share in common that makes them one."""

COVERED = 0.6
"""Of the raw text of an item, the share that makes it said when others were taken out of it."""

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nor|neither|without|cannot|\w+n['\u2019]t|except|unless)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Text:
    shingles: frozenset[tuple[str, ...]]
    decisive: tuple[tuple[str, ...], tuple[str, ...]]
    """Its numbers and its negations: texts that differ in one say different things."""


class SaidBefore:
    """What was taken so far: by fingerprint, by content, by place in the raw text, by wording."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._taken: dict[MaterialId, Stretches] = {}
        self._texts: list[_Text] = []
        self._having: dict[tuple[str, ...], list[int]] = {}
        self._last_read: tuple[str, _Text] | None = None

    def is_said(self, item: Item) -> bool:
        """Whether what was taken says the same as `item`."""
        if not self._names.isdisjoint(_names(item)):
            return True
        return self._is_covered(item) or self._is_near(self._read(item.text))

    def add(self, item: Item) -> None:
        """Take `item`."""
        self._names.update(_names(item))
        self._taken.setdefault(item.material_id, Stretches()).add(item.span)
        text = self._read(item.text)
        for shingle in text.shingles:
            self._having.setdefault(shingle, []).append(len(self._texts))
        self._texts.append(text)

    def _is_covered(self, item: Item) -> bool:
        taken = self._taken.get(item.material_id)
        if taken is None:
            return False
        num_covered = taken.num_in(item.span)
        return num_covered > 0 and num_covered >= COVERED * (item.span.end - item.span.begin)

    def _read(self, text: str) -> _Text:
        """The item taken was mostly asked about just before."""
        if self._last_read is None or self._last_read[0] != text:
            self._last_read = (text, _read(text))
        return self._last_read[1]

    def _is_near(self, text: _Text) -> bool:
        shared = Counter(at for shingle in text.shingles for at in self._having.get(shingle, ()))
        return any(
            num_shared >= NEAR * (len(text.shingles) + len(self._texts[at].shingles) - num_shared)
            and text.decisive == self._texts[at].decisive
            for at, num_shared in shared.items()
        )


def _names(item: Item) -> tuple[str, ...]:
    fingerprint = (f"fingerprint:{item.fingerprint}",) if item.fingerprint else ()
    return (f"content:{item.content_hash}", f"text:{normal_text(item.text)}", *fingerprint)


def _read(text: str) -> _Text:
    words = [word.casefold() for word in _WORD.findall(text)]
    shingles = frozenset(zip(words, words[1:], words[2:], strict=False)) or frozenset(
        {tuple(words)}
    )
    numbers = tuple(sorted(_NUMBER.findall(text)))
    negations = tuple(sorted(word.casefold() for word in _NEGATION.findall(text)))
    return _Text(shingles, (numbers, negations))
