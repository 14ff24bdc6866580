"""Makes a working set out of what memory has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent_memory.errors import InvalidRequest
from agent_memory.ids import ItemId
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import SEMANTIC
from agent_memory.memory.packing.changed_lines import changed_lines
from agent_memory.memory.packing.dated_lines import date_key
from agent_memory.memory.packing.filling import Around, Filling, Offer
from agent_memory.memory.packing.line_text import day_of, line_text
from agent_memory.memory.packing.packer import by_density
from agent_memory.memory.packing.recalled_text import as_block
from agent_memory.memory.packing.said_before import SaidBefore
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.search.recalled import Recalled
from agent_memory.memory.workingset.contenders import Contender, contenders
from agent_memory.memory.workingset.inputs import WorkingSetInputs
from agent_memory.memory.workingset.rendering import heading, render
from agent_memory.memory.workingset.sections import SHARES, SectionName
from agent_memory.memory.workingset.variety import varied
from agent_memory.memory.workingset.working_set import Entry, Section, WorkingSet

MAX_TOKENS = 32_768
"""The largest budget."""
FIX_TOKENS = 160
"""A change is cut to this length beside the failure that it fixed, while others wait."""
RELEVANT_SHARE = 0.9
"""Of the budget, what is found for the purpose may have before the sections get their shares."""
_MOST = 0.6
_MAX_MISSED = 8
"""Items in a row that do not fit any more."""
_LONGEST_PREVIOUS = 160
"""Characters that are said of a statement that was superseded."""


def build_workingset(
    inputs: WorkingSetInputs,
    purpose: str,
    token_budget: int,
    counter: TokenCounter,
    now: datetime,
) -> WorkingSet:
    """The working set of at most `token_budget` tokens for `purpose`, as of `now`.

    The order of the inputs makes no difference, and `now` none but for what has ended by then.
    Raises `InvalidRequest` for a budget that is negative or above `MAX_TOKENS`.
    """
    if not 0 <= token_budget <= MAX_TOKENS:
        message = f"A working set has from 0 to {MAX_TOKENS} tokens, not {token_budget}."
        raise InvalidRequest(message, "token_budget")
    return _Builder(inputs, purpose, token_budget, counter, now).build()


@dataclass(slots=True)
class _Draft:
    """A section that is being filled."""

    name: SectionName
    filling: Filling
    waiting: list[Contender]
    taken: list[Contender] = field(default_factory=list)
    fixed: dict[ItemId, list[ItemId]] = field(default_factory=dict)
    """Failures by the change that fixed them."""
    changes: dict[ItemId, Item] = field(default_factory=dict)


class _Builder:
    def __init__(
        self,
        inputs: WorkingSetInputs,
        purpose: str,
        token_budget: int,
        counter: TokenCounter,
        now: datetime,
    ) -> None:
        self._inputs = inputs
        self._budget = token_budget
        self._counter = counter
        self._said = SaidBefore()
        self._contenders = {
            name: _in_order(name, entries)
            for name, entries in contenders(inputs, purpose, now).items()
        }

    def build(self) -> WorkingSet:
        drafts = self._filled()
        working_set = self._written(drafts)
        while working_set.num_tokens > self._budget:
            self._drop_worst(drafts)
            working_set = self._written(drafts)
        return working_set

    def _filled(self) -> Mapping[SectionName, _Draft]:
        room = max(0, self._budget - self._counter.count(as_block("\n")))
        drafts = {
            name: _Draft(name, Filling(0, self._counter, self._said), list(self._contenders[name]))
            for name in SHARES
        }
        room -= self._take_relevant(drafts, int(room * RELEVANT_SHARE))
        num_left = 0
        for name, share in SHARES.items():
            draft, filling = drafts[name], drafts[name].filling
            allowed = int(room * share) + num_left
            heading_tokens = self._heading(name) if draft.waiting and not draft.taken else 0
            num_taken = len(draft.taken)
            filling.room = filling.num_used + max(0, allowed - heading_tokens)
            _fill(draft)
            num_left = filling.num_left if len(draft.taken) > num_taken else allowed
        for draft in drafts.values():
            draft.filling.room = draft.filling.num_used + num_left
            _fill(draft)
            draft.filling.widen_cuts()
            num_left = draft.filling.num_left
        return drafts

    def _take_relevant(self, drafts: Mapping[SectionName, _Draft], room: int) -> int:
        """Fill with what recall would show first, whatever its section; returns the tokens used."""
        num_used = num_missed = 0
        for name, entry in _by_relevance(drafts):
            draft = drafts[name]
            heading_tokens = 0 if draft.taken else self._heading(name)
            before = draft.filling.num_used
            draft.filling.room = before + max(0, room - num_used - heading_tokens)
            offered = _take(draft, entry)
            if offered is Offer.TAKEN:
                num_used += draft.filling.num_used - before + heading_tokens
            num_missed += offered is Offer.TOO_LONG
            if offered is not Offer.TOO_LONG:
                draft.waiting.remove(entry)
            if num_missed == _MAX_MISSED:
                break
        return num_used

    def _heading(self, name: SectionName) -> int:
        return self._counter.count(heading(Section(name)) + "\n")

    def _written(self, drafts: Mapping[SectionName, _Draft]) -> WorkingSet:
        sections: list[Section] = []
        mark = 0
        for name in SectionName:
            draft = drafts[name]
            entries = _entries(draft, mark)
            mark += len(entries)
            num_dropped = len(self._contenders[name]) - len(draft.taken)
            sections.append(Section(name, entries, num_dropped))
        working_set = WorkingSet(
            tuple(sections), 0, is_degraded=self._inputs.is_degraded, note=self._inputs.note
        )
        text = render(working_set)
        return replace(working_set, num_tokens=self._counter.count(text) if text else 0)

    def _drop_worst(self, drafts: Mapping[SectionName, _Draft]) -> None:
        """What was taken last, from the last section that has something."""
        for name in reversed(tuple(SHARES)):
            draft = drafts[name]
            if draft.taken:
                dropped = draft.taken.pop().item.item_id
                for change, failures in tuple(draft.fixed.items()):
                    draft.fixed[change] = [one for one in failures if one != dropped]
                    if not draft.fixed[change]:
                        del draft.fixed[change]
                return


def _in_order(name: SectionName, entries: Sequence[Contender]) -> list[Contender]:
    """Messages by what they are worth for their length, everything else by worth and variety."""
    if name is not SectionName.CITATIONS:
        return varied(entries)
    by_item = {entry.item.item_id: entry for entry in entries}
    weighed = [Recalled(entry.item, entry.worth, {}) for entry in entries]
    return [by_item[entry.item.item_id] for entry in by_density(weighed)]


def _fill(draft: _Draft) -> None:
    """Offer what waits; what does not fit waits on."""
    waiting, draft.waiting = draft.waiting, []
    for entry in waiting:
        if _take(draft, entry) is Offer.TOO_LONG:
            draft.waiting.append(entry)


def _take(draft: _Draft, entry: Contender) -> Offer:
    offered = draft.filling.offer(entry.item, Around(after=_was(entry.previous)))
    if offered is Offer.TAKEN:
        draft.taken.append(entry)
        _offer_fixes(draft, entry)
    return offered


def _by_relevance(drafts: Mapping[SectionName, _Draft]) -> list[tuple[SectionName, Contender]]:
    """What was found for the purpose, in the order in which recall packs it; a message that is one
    statement, after that statement."""
    found = {
        entry.item.item_id: (name, entry)
        for name, draft in drafts.items()
        for entry in draft.waiting
        if entry.score is not None
    }
    ranked = sorted(
        (Recalled(entry.item, entry.score or 0.0, {}) for _, entry in found.values()),
        key=lambda one: (-one.score, one.item.item_id),
    )
    ordered = [found[one.item.item_id] for one in by_density(ranked)]
    stated = {
        entry.item.source_id: (name, entry)
        for name, draft in drafts.items()
        for entry in draft.waiting
        if entry.item.kind in SEMANTIC and entry.item.source_id is not None
    }
    first: list[tuple[SectionName, Contender]] = []
    for place in ordered:
        statement = stated.get(place[1].item.item_id)
        if statement is not None and _is_most_of(statement[1].item, place[1].item):
            first.append(statement)
        first.append(place)
    return list({entry.item.item_id: (name, entry) for name, entry in first}.values())


def _is_most_of(statement: Item, message: Item) -> bool:
    return len(statement.text) >= _MOST * len(message.text)


def _offer_fixes(draft: _Draft, failure: Contender) -> None:
    for fix in failure.fixes:
        change = fix.change
        is_there = change.item_id in draft.changes
        shown = replace(change, text=changed_lines(change.text))
        offered = Offer.TAKEN if is_there else draft.filling.offer_cut(shown, FIX_TOKENS, _FIXES)
        if offered is Offer.TAKEN:
            draft.changes[change.item_id] = change
            draft.fixed.setdefault(change.item_id, []).append(failure.item.item_id)


_FIXES = Around(before="fixes [99]: ")
"""In the end the mark of the failure stands there."""


def _was(previous: Item | None) -> str:
    if previous is None:
        return ""
    until = f" until {day_of(previous.valid_to)}" if previous.valid_to is not None else ""
    said = line_text(replace(previous, text=previous.text[:_LONGEST_PREVIOUS]))
    return f" (was{until}: {said})"


def _entries(draft: _Draft, num_before: int) -> tuple[Entry, ...]:
    by_item = {entry.item.item_id: entry for entry in draft.taken}
    fixing = [draft.changes[item_id] for item_id in draft.fixed]
    items = sorted([*(entry.item for entry in draft.taken), *fixing], key=date_key)
    return tuple(
        Entry(
            mark=mark,
            item=item,
            text=draft.filling.lines[item.item_id].removeprefix(_prefix(draft, item)),
            is_whole=draft.filling.is_whole(item.item_id),
            score=by_item[item.item_id].score if item.item_id in by_item else None,
            fixes=tuple(sorted(draft.fixed.get(item.item_id, ()))),
        )
        for mark, item in enumerate(items, num_before + 1)
    )


def _prefix(draft: _Draft, item: Item) -> str:
    return _FIXES.before if item.item_id in draft.fixed else ""
