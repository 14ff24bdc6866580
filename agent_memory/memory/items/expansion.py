"""An item with all that is known around it."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.memory.items.item import Item, Key, Material, Span
from agent_memory.memory.search.fixes import shared_keys


@dataclass(frozen=True, slots=True)
class Passage:
    """A verbatim stretch of a raw text.

    before, text, after: the surroundings and the span itself. span: where `text` is in the raw
    text. first_line: the number of the line in which `text` begins, from 1.
    """

    before: str
    text: str
    after: str
    span: Span
    first_line: int


@dataclass(frozen=True, slots=True)
class Link:
    """Another item, and what both name."""

    item: Item
    shared: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """history: the statements that the item superseded and was superseded by, itself among them,
    the oldest first; empty when it never changed. notes: what could not be read of the raw text."""

    item: Item
    passage: Passage
    links: tuple[Link, ...]
    history: tuple[Item, ...]
    material: Material
    notes: tuple[str, ...]


def expand(
    item: Item,
    linked: Sequence[Item],
    history: Sequence[Item],
    material: Material,
    notes: Sequence[str],
    num_lines: int,
) -> Expansion:
    """Put together what was read; `num_lines` of the raw text on either side of the span."""
    links = tuple(
        Link(other, shared_keys(item, other)) for other in linked if other.item_id != item.item_id
    )
    return Expansion(
        item=item,
        passage=passage(material.text, item.span, num_lines),
        links=links,
        history=tuple(history) if len(history) > 1 else (),
        material=material,
        notes=tuple(notes),
    )


def passage(text: str, span: Span, num_lines: int) -> Passage:
    """The span with `num_lines` whole lines before and after it, and the rests of its own lines."""
    begin = min(max(0, span.begin), len(text))
    end = min(max(begin, span.end), len(text))
    return Passage(
        before=text[_line_begin(text, begin, num_lines) : begin],
        text=text[begin:end],
        after=text[end : _line_end(text, end, num_lines)],
        span=Span(begin, end),
        first_line=text.count("\n", 0, begin) + 1,
    )


def passage_by_chars(text: str, span: Span, num_chars: int) -> Passage:
    """The span with `num_chars` characters on either side."""
    begin = min(max(0, span.begin), len(text))
    end = min(max(begin, span.end), len(text))
    return Passage(
        before=text[max(0, begin - num_chars) : begin],
        text=text[begin:end],
        after=text[end : end + num_chars],
        span=Span(begin, end),
        first_line=text.count("\n", 0, begin) + 1,
    )


def _line_begin(text: str, at: int, num_lines: int) -> int:
    for _ in range(num_lines + 1):
        at = text.rfind("\n", 0, at)
        if at < 0:
            return 0
    return at + 1


def _line_end(text: str, at: int, num_lines: int) -> int:
    for _ in range(num_lines + 1):
        found = text.find("\n", at)
        if found < 0:
            return len(text)
        at = found + 1
    return at - 1
