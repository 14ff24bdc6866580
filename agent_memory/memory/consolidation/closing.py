"""Which tasks are done, and which questions are answered, by what was said later."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.memory.consolidation.decision import age_order
from agent_memory.memory.consolidation.history import superseded
from agent_memory.memory.consolidation.place import project_of
from agent_memory.memory.consolidation.standing import Change, standing_of
from agent_memory.memory.extraction.done import find_done, find_told
from agent_memory.memory.extraction.names import normal_name
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind, ItemState, Role
from agent_memory.memory.search.identifiers import word_set
from agent_memory.memory.search.stemming import stem
from agent_memory.memory.search.terms import query_terms

Terms = frozenset[str]

_SAYS_DONE = frozenset(map(stem, word_set("done finished completed complete resolved closed x")))
_SAYS_TASK = frozenset(
    map(
        stem, word_set("todo fixme action item next step steps please pls need needs make sure let")
    )
)
_SAYS_NOTHING = frozenset(map(stem, word_set("use uses using get gets currently actually exactly")))
_SAME_BEGINNING = 4
"""Characters of a word that its other forms have too."""
_LEAST_SHARE = 0.5
_LEAST_TERMS = 2
_SAME_VERB = 3
"""Characters that the forms of a verb have in common: `add` and `added`."""


class OpenWork:
    """The tasks and questions among `items` that are open, each read once."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._open = [
            _Open(item, _task_terms(item.text) if item.kind is ItemKind.TASK else _asked(item.text))
            for item in items
            if item.kind in {ItemKind.TASK, ItemKind.QUESTION} and item.state is ItemState.ACTIVE
        ]

    def find_closed(self, message: Item) -> Iterator[Item]:
        """What `message` closes."""
        if message.kind is not ItemKind.CHAT or message.role is Role.TOOL:
            return
        lowered = message.text.lower()
        near = [one for one in self._open if one.is_near(lowered) and one.is_before(message)]
        tasks = [one for one in near if one.item.kind is ItemKind.TASK]
        questions = [one for one in near if one.item.kind is ItemKind.QUESTION]
        done = [_task_terms(sentence) for sentence in find_done(message.text)] if tasks else []
        told = [_terms(sentence) for sentence in find_told(message.text)] if questions else []
        yield from (
            one.item for one in tasks if any(_is_done(one.terms, sentence) for sentence in done)
        )
        yield from (
            one.item
            for one in questions
            if any(_is_answered(frozenset(one.terms), sentence) for sentence in told)
        )


@dataclass(frozen=True, slots=True)
class _Open:
    item: Item
    terms: tuple[str, ...]

    def is_near(self, lowered: str) -> bool:
        """Whether a text in lower case can be about it: quickly, and seldom wrongly so."""
        num_shared = sum(term[:_SAME_BEGINNING] in lowered for term in self.terms)
        return num_shared >= max(1, _LEAST_SHARE * len(self.terms))

    def is_before(self, message: Item) -> bool:
        return (
            self.item.source_id != message.item_id
            and age_order(self.item)[:2] <= age_order(message)[:2]
            and project_of(self.item) == project_of(message)
        )


def closed_by(item: Item, message: Item, now: datetime) -> Change:
    before = standing_of(item)
    return Change(item.item_id, before, superseded(before, message, now))


def _is_done(task: Sequence[str], done: Sequence[str]) -> bool:
    """Whether what is done is the task: all of its words, or at least half of them and no other.
    `done` can leave out the verb of the task, with which it begins, or have it in another form."""
    if not task or not done:
        return False
    left, added = set(task) - set(done), set(done) - set(task)
    verb = task[0]
    if verb in left:
        left.discard(verb)
        added -= {term for term in added if term[:_SAME_VERB] == verb[:_SAME_VERB]}
    num_shared = len(set(task)) - len(left)
    if num_shared < min(_LEAST_TERMS, len(task)):
        return False
    if not left:
        return len(added) <= _LEAST_TERMS
    return not added and num_shared >= _LEAST_SHARE * len(task)


def _is_answered(question: Terms, told: Terms) -> bool:
    """Whether it has all the words of the question, and more."""
    return len(question) >= _LEAST_TERMS and question < told


def _asked(text: str) -> tuple[str, ...]:
    return tuple(_terms(text) - _SAYS_NOTHING)


def _task_terms(text: str) -> tuple[str, ...]:
    """In their order, each once."""
    terms = dict.fromkeys(query_terms(normal_name(text)))
    return tuple(term for term in terms if term not in _SAYS_DONE and term not in _SAYS_TASK)


def _terms(text: str) -> Terms:
    return frozenset(query_terms(normal_name(text)))
