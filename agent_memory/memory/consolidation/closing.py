"""Which tasks are done, and which questions are answered, by what was said later."""

from collections.abc import Iterable, Iterator, Sequence
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
_LEAST_SHARE = 0.5
_LEAST_TERMS = 2
_SAME_VERB = 3
"""Characters that the forms of a verb have in common: `add` and `added`."""


def find_closed(message: Item, open_items: Iterable[Item], now: datetime) -> Iterator[Change]:
    """The tasks and questions among `open_items` that `message` closes."""
    if message.kind is not ItemKind.CHAT or message.role is Role.TOOL:
        return
    done = [_task_terms(sentence) for sentence in find_done(message.text)]
    told = [_terms(sentence) for sentence in find_told(message.text)]
    for item in open_items:
        if not _is_open_before(item, message):
            continue
        is_closed = (
            any(_is_done(_task_terms(item.text), one) for one in done)
            if item.kind is ItemKind.TASK
            else any(_is_answered(_terms(item.text) - _SAYS_NOTHING, one) for one in told)
        )
        if is_closed:
            yield closed_by(item, message, now)


def closed_by(item: Item, message: Item, now: datetime) -> Change:
    before = standing_of(item)
    return Change(item.item_id, before, superseded(before, message, now))


def _is_open_before(item: Item, message: Item) -> bool:
    return (
        item.kind in {ItemKind.TASK, ItemKind.QUESTION}
        and item.state is ItemState.ACTIVE
        and item.source_id != message.item_id
        and age_order(item)[:2] <= age_order(message)[:2]
        and project_of(item) == project_of(message)
    )


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


def _task_terms(text: str) -> tuple[str, ...]:
    """In their order, each once."""
    terms = dict.fromkeys(query_terms(normal_name(text)))
    return tuple(term for term in terms if term not in _SAYS_DONE and term not in _SAYS_TASK)


def _terms(text: str) -> Terms:
    return frozenset(query_terms(normal_name(text)))
