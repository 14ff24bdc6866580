"""Which tasks are done, and which questions are answered, by what was said later."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.memory.consolidation.answering import Answer, asked_terms
from agent_memory.memory.consolidation.decision import age_order
from agent_memory.memory.consolidation.history import superseded
from agent_memory.memory.consolidation.place import project_of
from agent_memory.memory.consolidation.standing import Change, standing_of
from agent_memory.memory.extraction.done import find_deeds, find_done, find_told
from agent_memory.memory.extraction.names import normal_name
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind, ItemState, Role
from agent_memory.memory.search.identifiers import word_set
from agent_memory.memory.search.stemming import stem
from agent_memory.memory.search.terms import query_terms

_SAYS_DONE = frozenset(map(stem, word_set("done finished completed complete resolved closed x")))
_SAYS_TASK = frozenset(
    map(
        stem,
        word_set(
            "todo fixme action item next step steps please pls need needs make sure let remember "
            "remind forget don't"
        ),
    )
)
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
            _Open(
                item,
                _task_terms(item.text) if item.kind is ItemKind.TASK else asked_terms(item.text),
            )
            for item in items
            if item.kind in {ItemKind.TASK, ItemKind.QUESTION} and item.state is ItemState.ACTIVE
        ]

    def find_closed(self, message: Item) -> Iterator[Item]:
        """What `message` closes."""
        if message.kind is not ItemKind.CHAT or message.role is Role.TOOL:
            return
        lowered = message.text.lower()
        before = [one for one in self._open if one.is_before(message)]
        near = [one for one in before if one.is_near(lowered)]
        tasks = [one for one in near if one.item.kind is ItemKind.TASK]
        yield from _done(tasks, message.text)
        questions = [one for one in near if one.item.kind is ItemKind.QUESTION]
        replied = _replied_to(before, message)
        if questions or replied:
            answers = [Answer(sentence) for sentence in find_told(message.text)]
            yield from _answered(questions, answers)
            yield from _confirmed(replied, answers[:1])


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


def _done(tasks: Sequence[_Open], text: str) -> Iterator[Item]:
    if not tasks:
        return
    done = [_task_terms(sentence) for sentence in find_done(text)]
    deeds = [(_task_terms(sentence), stem(deed)) for sentence, deed in find_deeds(text)]
    for one in tasks:
        own = (said for said, deed in deeds if _is_verb(one.terms, deed))
        if any(_is_done(one.terms, said) for said in (*done, *own)):
            yield one.item


def _answered(questions: Sequence[_Open], answers: Sequence[Answer]) -> Iterator[Item]:
    for one in questions:
        if any(answer.answers(one.item.text, one.terms) for answer in answers):
            yield one.item


def _confirmed(questions: Sequence[_Open], answers: Sequence[Answer]) -> Iterator[Item]:
    for one in questions:
        if any(answer.confirms(one.item.text, one.terms) for answer in answers):
            yield one.item


def _replied_to(before: Sequence[_Open], message: Item) -> list[_Open]:
    """The questions that somebody else asked last in this thread."""
    theirs = [
        one
        for one in before
        if one.item.kind is ItemKind.QUESTION
        and one.item.role is not message.role
        and one.item.thread_id == message.thread_id
    ]
    if not theirs:
        return []
    last = max(theirs, key=lambda one: age_order(one.item)).item.source_id
    return [one for one in theirs if one.item.source_id == last]


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


def _is_verb(task: Sequence[str], deed: str) -> bool:
    """Whether the deed is what the task begins with, in another form."""
    if not task:
        return False
    return task[0] == deed or (len(deed) > _SAME_VERB and task[0][:_SAME_VERB] == deed[:_SAME_VERB])


def _task_terms(text: str) -> tuple[str, ...]:
    """In their order, each once."""
    terms = dict.fromkeys(query_terms(normal_name(text)))
    return tuple(term for term in terms if term not in _SAYS_DONE and term not in _SAYS_TASK)
