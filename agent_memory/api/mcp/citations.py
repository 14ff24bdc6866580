"""Which ids an answer names: those of the best items, as many as have room."""

from collections.abc import Iterable, Mapping

from agent_memory.ids import ItemId
from agent_memory.memory.ports import TokenCounter

SHARE = 4
"""At most a quarter of an answer are ids, which say nothing by themselves."""


def affordable_ids(
    best_first: Iterable[tuple[int, ItemId]], token_budget: int, counter: TokenCounter
) -> dict[str, str]:
    """Ids by mark, in the order of the marks."""
    num_left = token_budget // SHARE
    chosen: dict[int, ItemId] = {}
    for mark, item_id in best_first:
        num_left -= counter.count(f',"{mark}":"{item_id}"')
        if num_left < 0:
            break
        chosen[mark] = item_id
    return {str(mark): chosen[mark] for mark in sorted(chosen)}


def without_absent(ids: Mapping[str, str], marks: Iterable[int]) -> dict[str, str]:
    """The ids whose marks are still in the text."""
    kept = {str(mark) for mark in marks}
    return {mark: item_id for mark, item_id in ids.items() if mark in kept}
