"""Does a newer statement take the place of the older one when, and only when, it says otherwise?

Pairs of messages as users of coding agents write them (`supersession.tsv`): replacements,
negations, refinements, unrelated facts, other scopes, roles, threads and times, tasks that are
done, and questions that are answered. Both messages of a pair go through the product's own
ingestion, over stores in dictionaries. Precision: of the pairs of which the second superseded
something of the first, the share that should. Recall: of those that should, the share that did.
Every third pair by its hash is held out: its mistakes are counted and never listed, so that nobody
mends them one by one.
"""

import argparse
import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent_memory.ids import ThreadId, WorkspaceId
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind, ItemState, Role
from agent_memory.memory.service.ingest import IngestRequest
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.memory import dict_memory

PAIRS = Path(__file__).with_suffix(".tsv")
AIM = 0.95
_WORKSPACE = WorkspaceId("supersession")
_TIMES = {
    "ahead": timedelta(hours=2),
    "years-ahead": timedelta(days=1800),
    "before": timedelta(days=-40),
}
"""Since now, of messages that are not dated by their order."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a pair: `@role`, `@user/Name`, `@other` (thread) and `@ahead` stand before it.
    `time`: None is as dated by its order."""

    text: str
    role: Role = Role.USER
    speaker: str | None = None
    thread: str = "one"
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    kind: str
    is_superseding: bool
    older: Said
    newer: Said
    is_held_out: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    pair: Pair
    has_superseded: bool


@dataclass(frozen=True, slots=True)
class Score:
    num_pairs: int
    precision: float
    recall: float

    def __str__(self) -> str:
        return f"{self.num_pairs:4}  {self.precision:9.1%}  {self.recall:6.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mistakes", action="store_true", help="list those that are not held out")
    arguments = parser.parse_args()
    outcomes = asyncio.run(judge(list(read_pairs(PAIRS))))
    print(f"{'':12} pairs  precision  recall")
    for kind in dict.fromkeys(one.pair.kind for one in outcomes):
        print(f"{kind:13} {score(one for one in outcomes if one.pair.kind == kind)}")
    print(f"{'worked on':13} {score(one for one in outcomes if not one.pair.is_held_out)}")
    print(f"{'held out':13} {score(one for one in outcomes if one.pair.is_held_out)}")
    print(f"{'all':13} {score(outcomes)}   aim: {AIM:.0%} of both")
    if arguments.mistakes:
        _list_mistakes(outcomes)


def _list_mistakes(outcomes: Sequence[Outcome]) -> None:
    for one in outcomes:
        pair = one.pair
        if one.has_superseded != pair.is_superseding and not pair.is_held_out:
            wrong = "kept" if pair.is_superseding else "superseded"
            print(f"{pair.kind}, {wrong}: {pair.older.text!r} / {pair.newer.text!r}")


def score(outcomes: Iterable[Outcome]) -> Score:
    """A share of nothing is 1."""
    judged = list(outcomes)
    num_right = sum(one.has_superseded and one.pair.is_superseding for one in judged)
    num_found = sum(one.has_superseded for one in judged)
    num_wanted = sum(one.pair.is_superseding for one in judged)
    return Score(
        len(judged),
        num_right / num_found if num_found else 1.0,
        num_right / num_wanted if num_wanted else 1.0,
    )


async def judge(pairs: Sequence[Pair]) -> list[Outcome]:
    return [Outcome(pair, await has_superseded(pair)) for pair in pairs]


async def has_superseded(pair: Pair) -> bool:
    """Whether something that the second message says stands in the place of something that the
    first one says."""
    store = DictMemory()
    memory = dict_memory(store)
    for number, said in enumerate((pair.older, pair.newer)):
        since_now = _since_now(pair, number)
        message = ChatMessage(said.role, said.text, said.speaker, datetime.now(UTC) + since_now)
        await memory.ingest.ingest(_WORKSPACE, IngestRequest(ThreadId(said.thread), (message,)))
    items = store.shelf(_WORKSPACE).items
    messages = [item.item_id for item in items.values() if item.kind is ItemKind.CHAT]

    def is_of(item: Item, number: int) -> bool:
        return messages[number] in (item.item_id, item.source_id)

    return any(
        item.state is ItemState.SUPERSEDED
        and item.successor_id is not None
        and is_of(item, 0)
        and is_of(items[item.successor_id], 1)
        for item in items.values()
    )


def _since_now(pair: Pair, number: int) -> timedelta:
    """Some days ago and a day apart; the second is of today where the first is of the future."""
    said = pair.newer if number else pair.older
    if said.time is not None:
        return _TIMES[said.time]
    is_after_future = number == 1 and pair.older.time is not None
    return timedelta() if is_after_future else timedelta(days=number - 10)


def read_pairs(path: Path) -> Iterator[Pair]:
    """Lines of kind, yes or no, the older and the newer message."""
    for line in path.read_text().splitlines():
        kind, outcome, older, newer = line.split("\t")
        digest = hashlib.sha256(line.encode()).digest()
        yield Pair(kind, outcome == "yes", _said(older), _said(newer), digest[0] % 3 == 0)


def _said(text: str) -> Said:
    role, speaker, thread, time = Role.USER, None, "one", None
    while text.startswith("@"):
        mark, _, text = text[1:].partition(" ")
        if mark == "other":
            thread = mark
        elif mark in _TIMES:
            time = mark
        else:
            name, _, speaker_name = mark.partition("/")
            role, speaker = Role(name), speaker_name or None
    return Said(text.replace("\\n", "\n"), role, speaker, thread, time)


if __name__ == "__main__":
    main()
