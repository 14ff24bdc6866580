"""The neighbours of candidates in their conversations, and how near each is to the question."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from agent_memory.ids import WorkspaceId
from agent_memory.memory.search.bm25 import REACH
from agent_memory.memory.search.lexical import NUM_PLACES, Booleans, Floats, Integers
from agent_memory.memory.search.recalled import Query
from agent_memory.store.memory.arrays import int_array
from agent_memory.store.memory.item_rows import ItemRow
from agent_memory.store.memory.packed import unpack
from agent_memory.store.memory.vector_arm import vector_parameters
from agent_memory.store.pipelined import Answer, Pipelined

_AROUND = REACH[REACH != 0]
_BEFORE = np.array([-1])


@dataclass(frozen=True, slots=True)
class NeighboursRow:
    """Packed, each None without an entry: the items at the places, and what has a vector of them
    and of the candidates."""

    item_nos: bytes | None
    thread_nos: bytes | None
    places: bytes | None
    are_messages: bytes | None
    are_questions: bytes | None
    embedded_item_nos: bytes | None
    similarities: bytes | None


@dataclass(frozen=True, slots=True)
class _Similarities:
    """Cosines to the question beside ascending keys; of equal keys the greatest comes last."""

    keys: Integers
    values: Floats

    def of_keys(self, keys: Integers) -> Floats:
        """Not a number where there is none."""
        if not self.keys.size:
            return np.full(keys.shape, np.nan)
        at = np.searchsorted(self.keys, keys, side="right") - 1
        return np.where(self.keys[at] == keys, self.values[at], np.nan)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Places are `place_key`s."""

    _items: _Similarities
    _messages: _Similarities
    _questions: Integers

    @classmethod
    def of(cls, row: NeighboursRow) -> "Neighbours":
        """As the statement packed them."""
        items = _similarities(
            unpack(row.embedded_item_nos, ">i8", np.int64),
            unpack(row.similarities, ">f8", np.float64),
        )
        are_messages = unpack(row.are_messages, ">i4", np.int64) == 1
        are_questions = unpack(row.are_questions, ">i4", np.int64) == 1
        item_nos = unpack(row.item_nos, ">i8", np.int64)
        threads, places = (unpack(x, ">i4", np.int64) for x in (row.thread_nos, row.places))
        places += threads * NUM_PLACES
        near = items.of_keys(item_nos[are_messages])
        messages = _similarities(places[are_messages], near)
        return cls(items, messages, places[are_messages & are_questions])

    def similarities(self, item_nos: Integers) -> Floats:
        """Of items to the question; not a number without a vector."""
        return self._items.of_keys(item_nos)

    def similarities_near(self, places: Integers) -> Floats:
        """The greatest of the messages around each place; not a number without one."""
        around: Floats = np.fmax.reduce(self._messages.of_keys(places[:, None] + _AROUND), axis=1)
        return around

    def follow_question(self, places: Integers) -> Booleans:
        """Whether the message before each place ends with a question mark."""
        return np.isin(places - 1, self._questions)


def _similarities(keys: Integers, values: Floats) -> _Similarities:
    is_known = ~np.isnan(values)
    order = np.lexsort((values[is_known], keys[is_known]))
    return _Similarities(keys[is_known][order], values[is_known][order])


async def ask_neighbours(
    pipeline: Pipelined, workspace: WorkspaceId, query: Query, rows: Sequence[ItemRow]
) -> Answer[NeighboursRow]:
    """The surroundings of the items; without a vector of the question only what stands before."""
    threads, places = _places_around(rows, REACH if query.embedding is not None else _BEFORE)
    return await pipeline.ask_binary(
        "get_neighbours",
        NeighboursRow,
        workspace_id=workspace,
        item_nos=int_array(row.item_no for row in rows),
        thread_nos=int_array(threads),
        places=[int_array(some) for some in places],
        **vector_parameters(query.embedding),
    )


def _places_around(rows: Sequence[ItemRow], reach: Integers) -> tuple[list[int], list[list[int]]]:
    """Threads, and of each the places that can be reached from those of its rows."""
    at = [(row.thread_no, row.place) for row in rows if row.place is not None]
    threads, places = np.array(at, np.int64).reshape(-1, 2).T
    reached = places[:, None] + reach
    keys = np.unique((threads[:, None] * NUM_PLACES + reached)[reached >= 0])
    thread_of, place_of = np.divmod(keys, NUM_PLACES)
    begins = np.flatnonzero(np.diff(thread_of, prepend=-1)).tolist()
    some = [place_of[begin:end].tolist() for begin, end in pairwise([*begins, keys.size])]
    return [int(thread_of[begin]) for begin in begins], some
