"""The texts that are control tokens to a model, and how they are found in other text.

A tokenizer reads `<|im_end|>` as the end of a turn wherever it stands. What users, tools and
memory say may spell it, so such text is cut: a cut is a short text that stands nowhere else in the
conversation, it survives the template, and no mark is found across it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator

CutText = tuple[str, ...]
"""A text in the parts between its cuts; a mark counts where it stands within one part."""

Span = tuple[int, int]


class ControlMarks:
    """The marks of one tokenizer.

    edits: what the template takes out of texts or replaces, so that marks may appear there.
    spells_hidden: whether a text without a mark would have one after the tokenizer's normaliser,
    as full-width letters have after NFKC.
    """

    def __init__(
        self,
        marks: Iterable[str],
        edits: Collection[str] = (),
        spells_hidden: Callable[[str], bool] | None = None,
    ) -> None:
        known = sorted({mark for mark in marks if len(mark) > 1})
        self._pattern = re.compile(_any_of(known)) if known else None
        self._spells_hidden = spells_hidden
        self._longest = max(map(len, known), default=0)
        self._beginnings = {mark[:end] for mark in known for end in range(1, len(mark))}
        self._ends = {mark[begin:] for mark in known for begin in range(1, len(mark))}
        self._first = {mark[0] for mark in known}
        self._edits = edits
        self._edited = re.compile(
            "|".join(re.escape(text) for text in sorted({*self._first, *edits}) if text)
        )
        self._last = {mark[-1] for mark in known}

    def spans(self, text: str) -> Iterator[Span]:
        """Where marks stand, the longest at each place, as the tokenizer finds them."""
        if self._pattern is not None:
            yield from (match.span() for match in self._pattern.finditer(text))

    def cuts(self, text: str) -> list[int]:
        """The positions at which `text` is cut, so that neither the text nor what stands next to
        it can complete a mark."""
        if self._pattern is None:
            return []
        cuts = {0} if self._completes_a_mark(text) else set()
        found = self._pattern.search(text)
        while found is not None:
            cuts.add(found.start() + 1)
            found = self._pattern.search(text, found.start() + 1)
        if any(edit in text for edit in self._edits):
            cuts.update(match.end() for match in self._edited.finditer(text))
        if self._begins_a_mark(text) or (not cuts and self._is_hidden(text)):
            cuts.add(len(text))
        return sorted(cuts)

    def _completes_a_mark(self, text: str) -> bool:
        head = text[: self._longest]
        return not self._last.isdisjoint(head) and any(
            head[:end] in self._ends for end in range(1, len(head) + 1)
        )

    def _begins_a_mark(self, text: str) -> bool:
        tail = text[-self._longest :]
        return not self._first.isdisjoint(tail) and any(
            tail[begin:] in self._beginnings for begin in range(len(tail))
        )

    def _is_hidden(self, text: str) -> bool:
        return self._spells_hidden is not None and self._spells_hidden(text)


def with_cuts(text: str, positions: Iterable[int], cut: str) -> str:
    """`text` with `cut` at these positions, which ascend."""
    pieces: list[str] = []
    begin = 0
    for position in positions:
        pieces.append(text[begin:position])
        begin = position
    return cut.join([*pieces, text[begin:]])


def unused_cut(texts: Collection[str]) -> str:
    """Letters and digits that none of `texts` has, nor the beginning of them."""
    number = 0
    while any(f"zq{number}q" in text for text in texts):
        number += 1
    return f"zq{number}qz"


def _any_of(words: Iterable[str]) -> str:
    """A pattern that finds the longest of `words`, each tried once, however many there are."""
    rests: dict[str, list[str]] = {}
    is_end = False
    for word in words:
        if word:
            rests.setdefault(word[0], []).append(word[1:])
        else:
            is_end = True
    options = [re.escape(first) + _any_of(rest) for first, rest in rests.items()]
    if is_end:
        return f"(?:{'|'.join(options)})?" if options else ""
    return options[0] if len(options) == 1 else f"(?:{'|'.join(options)})"
