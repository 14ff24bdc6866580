"""Which changes are known to have fixed a failure.

A change leads to a failure by what both name: the test, the symbols of the stack, or the lines
that it stands in. It is a fix when the failure was not seen again after it, and an attempt when it
was. A change elsewhere in the same file says only that the file has changed since.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_memory.memory.items.item import Item, Key
from agent_memory.memory.items.kinds import ItemKind, ItemState, KeyKind

_PLACE = re.compile(r"\(?([\w./\\-]+\.\w+):(\d+)\)?")
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+", re.MULTILINE)
_NEAR = 10
"""Lines."""
_WORTH = {
    KeyKind.FINGERPRINT: 4.0,
    KeyKind.TEST: 3.0,
    KeyKind.SYMBOL: 2.0,
    KeyKind.FILE: 1.0,
}


@dataclass(frozen=True, slots=True)
class Fix:
    """shared: what the change and the failure both name. has_held: not seen again since."""

    change: Item
    shared: tuple[Key, ...]
    has_held: bool

    @property
    def worth(self) -> float:
        """Sum over the shared keys, by how much each kind tells."""
        return keys_worth(self.shared)


def changes_since(failure: Item, linked: Sequence[Item]) -> tuple[Fix, ...]:
    """Changes among `linked` of the files of the failure, at other places, the latest first."""
    others = [fix for fix in _later(failure, linked) if not _is_near(failure, fix)]
    return tuple(sorted(others, key=lambda fix: fix.change.occurred_at, reverse=True))


def known_fixes(failure: Item, linked: Sequence[Item]) -> tuple[Fix, ...]:
    """Changes among `linked` that came after the failure was first seen, the likeliest fix first.

    That is one that has held before one that has not, the one that shares more, the sooner one. A
    file that was split into hunks is left out for the hunk that shares as much.
    """
    related = [fix for fix in _later(failure, linked) if _is_near(failure, fix)]
    hunks = {fix.change.source_id: fix for fix in related if fix.change.source_id is not None}
    return tuple(
        sorted(
            (fix for fix in related if not _is_told_by(hunks.get(fix.change.item_id), fix)),
            key=lambda fix: (
                not fix.has_held,
                -fix.worth,
                fix.change.occurred_at,
                fix.change.item_id,
            ),
        )
    )


def _later(failure: Item, linked: Sequence[Item]) -> list[Fix]:
    """Changes that came after the failure and name something of it."""
    changes = [
        Fix(item, shared_keys(failure, item), item.occurred_at >= last_seen_at(failure))
        for item in linked
        if _is_change(item) and item.occurred_at >= failure.occurred_at
    ]
    return [change for change in changes if change.shared]


def _is_near(failure: Item, fix: Fix) -> bool:
    if any(key.kind is not KeyKind.FILE for key in fix.shared):
        return True
    files = {key.value.rpartition("/")[2] for key in fix.shared}
    lines = [
        int(line) for file, line in _PLACE.findall(failure.text) if file.rpartition("/")[2] in files
    ]
    return any(
        begin - _NEAR <= line <= begin + num_lines + _NEAR
        for begin, num_lines in _hunks(fix.change.text)
        for line in lines
    )


def _hunks(diff: str) -> list[tuple[int, int]]:
    """(first line, how many) before the change."""
    return [(int(begin), int(count or 1)) for begin, count in _HUNK.findall(diff)]


def keys_worth(keys: Sequence[Key]) -> float:
    """How much having these in common tells."""
    return sum(_WORTH[key.kind] for key in keys)


def shared_keys(one: Item, other: Item) -> tuple[Key, ...]:
    """What both name, in the order of `one`."""
    theirs = set(other.keys)
    return tuple(key for key in one.keys if key in theirs)


def last_seen_at(failure: Item) -> datetime:
    return failure.last_occurred_at or failure.occurred_at


def _is_change(item: Item) -> bool:
    return item.kind is ItemKind.DIFF and item.state is not ItemState.MERGED


def _is_told_by(hunk: Fix | None, fix: Fix) -> bool:
    return hunk is not None and hunk.worth >= fix.worth
