"""Statements that take back others by name: `we switched from X`, `we no longer use X`."""

import re
from collections.abc import Iterable, Iterator

from agent_memory.memory.consolidation.authority import may_overrule
from agent_memory.memory.consolidation.decision import age_order, is_replaceable
from agent_memory.memory.consolidation.place import project_of
from agent_memory.memory.extraction.names import normal_name
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemState
from agent_memory.memory.items.traits import replaced_by, value_in
from agent_memory.memory.search.terms import query_terms

_WHERE = re.compile(
    r"\b(?:for|in(?! favou?r\b)|on|at|within|inside) ([^,;:.!?]{1,60}?)"
    r"(?= instead\b| now\b| any ?more\b|[,;:.!?]|$)",
    re.IGNORECASE,
)
_NOT = "now |no longer |do not |does not |don't |doesn't |are not |is not |aren't |isn't |stopped "
_DOER = re.compile(
    r"(?!(?:we|i|they|you|let's|please|scratch|no)\b)(?:(?:the|our|my|all) )?"
    rf"(?P<doer>[\w./'-]+(?: [\w./'-]+){{0,3}}?) (?:{_NOT})?"
    r"(?:use|need|support|run|require|read|write|is|are|was|has|have|go|goe|using)s?\b",
    re.IGNORECASE,
)
_NEXT_CLAUSE = re.compile(r";| \u2014 |,? (?:and|but) (?:now |we |the )?(?=\w+ )")
_IS_PLACE = re.compile(r"(?:for|in|on|at) ")
_NEGATED = re.compile(r"\b(?:not|never|no longer|stopped|dropped)\b|n't\b", re.IGNORECASE)


def find_retracted(newer: Item, items: Iterable[Item]) -> Iterator[Item]:
    """Of `items`, the statements that no longer hold by what `newer` says is no longer so."""
    names = replaced_by(newer.metadata)
    if not names or newer.state is not ItemState.ACTIVE:
        return
    for older in items:
        if _is_earlier(older, newer) and any(_is_about(older, newer, name) for name in names):
            yield older


def _is_earlier(older: Item, newer: Item) -> bool:
    return (
        older.state is ItemState.ACTIVE
        and is_replaceable(older)
        and older.source_id != newer.source_id
        and age_order(older) < age_order(newer)
        and may_overrule(newer, older)
        and project_of(older) == project_of(newer)
    )


def _is_about(older: Item, newer: Item, name: str) -> bool:
    said = f" {normal_name(older.text)} "
    if f" {name} " not in said or name in replaced_by(older.metadata):
        return False
    if _NEGATED.search(older.text) is not None:
        return False
    context = _context(newer, name)
    return not context or bool(context & (_context(older, name) or _words(older, name)))


def _words(item: Item, name: str) -> frozenset[str]:
    return frozenset(query_terms(normal_name(item.text))) - frozenset(query_terms(name))


def _up_to(text: str, name: str) -> str:
    """The sentence to the end of the clause that has the name: `We dropped X; jobs run in Y.`"""
    at = text.lower().find(name.split(maxsplit=1)[0])
    end = _NEXT_CLAUSE.search(text, at) if at >= 0 else None
    return text[: end.start()] if end is not None else text


def _context(item: Item, name: str) -> frozenset[str]:
    """The words that say of what, and where: those of a preposition and of whoever does it."""
    parts = [match.group(1) for match in _WHERE.finditer(_up_to(item.text, name))]
    if (doer := _DOER.match(item.text)) is not None:
        parts.append(doer.group("doer"))
    words = {term for part in parts for term in query_terms(normal_name(part))}
    value = value_in(item.metadata)
    new = query_terms(value) if _IS_PLACE.match(value) is not None else {}
    return frozenset(words - set(query_terms(name)) - set(new))
