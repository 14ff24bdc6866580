"""The choice of recalled items that go into a budget of tokens.

Greedy by score for length: `score / length ** LENGTH_EXPONENT`. On conversations the exponent
hardly matters from 0.15 to 0.5; above, short empty turns win.
"""

from collections.abc import Sequence

from agent_memory.memory.packing.dated_lines import date_key, dated
from agent_memory.memory.packing.filling import Filling, Offer
from agent_memory.memory.packing.packed import Line, Packed
from agent_memory.memory.packing.said_before import SaidBefore
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.search.recalled import Recalled

LENGTH_EXPONENT = 0.25
_SHORTEST = 32
"""Characters: of what is shorter, nothing is gained by being shorter still."""
_MAX_MISSES = 16
"""So many items in a row that do not fit end the search for one that does."""


def pack(recalled: Sequence[Recalled], token_budget: int, counter: TokenCounter) -> Packed:
    """The best of `recalled`, which is in the order of the score, in a text that has at most
    `token_budget` tokens."""
    filling = Filling(token_budget, counter, SaidBefore())
    num_duplicates = _fill(filling, by_density(recalled))
    by_id = {entry.item.item_id: entry for entry in reversed(recalled)}
    chosen = [entry for item_id, entry in reversed(by_id.items()) if item_id in filling.lines]
    lines = _written(chosen, filling)
    text = dated([(line.recalled.item, line.marked) for line in lines])
    while lines and counter.count(text) > token_budget:
        chosen.pop()
        lines = _written(chosen, filling)
        text = dated([(line.recalled.item, line.marked) for line in lines])
    num_tokens = counter.count(text) if lines else 0
    num_over_budget = len(recalled) - len(lines) - num_duplicates
    return Packed(text, lines, num_tokens, num_duplicates, num_over_budget)


def by_density(recalled: Sequence[Recalled]) -> list[Recalled]:
    """Those that are worth the most for their length first; of equal ones, the earlier.

    Scores are made positive by their distance from the lowest where some are not.
    """
    lowest = min((entry.score for entry in recalled), default=0.0)
    offset = -lowest if lowest < 0 else 0.0
    return sorted(
        recalled,
        key=lambda entry: (
            -(entry.score + offset) / max(len(entry.item.text), _SHORTEST) ** LENGTH_EXPONENT
        ),
    )


def _fill(filling: Filling, ordered: Sequence[Recalled]) -> int:
    """How many say what others say."""
    num_duplicates = num_misses = 0
    passed_over: list[Recalled] = []
    for entry in ordered:
        match filling.offer(entry.item):
            case Offer.TAKEN:
                num_misses = 0
            case Offer.SAID:
                num_duplicates += 1
            case Offer.TOO_LONG:
                passed_over.append(entry)
                num_misses += 1
                if num_misses == _MAX_MISSES:
                    break
    for entry in passed_over[:1]:
        filling.offer_cut(entry.item, filling.num_left)
    filling.widen_cuts()
    return num_duplicates


def _written(chosen: Sequence[Recalled], filling: Filling) -> tuple[Line, ...]:
    in_order = sorted(chosen, key=lambda entry: date_key(entry.item))
    return tuple(
        Line(
            mark,
            entry,
            filling.lines[entry.item.item_id],
            is_whole=filling.is_whole(entry.item.item_id),
        )
        for mark, entry in enumerate(in_order, 1)
    )
