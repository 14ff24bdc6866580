"""Does the working set hold what recall finds?

Asks the questions of long conversations (LoCoMo) of recall and of the working set, with the same
tokens, and counts how much of their evidence each holds: the turns that answer them, or what was
derived from these. By words alone, over dictionaries, so that nothing but the packing differs; a
token is a word.
"""

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from agent_memory.ids import ItemId, ThreadId
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.kinds import ItemKind, Role
from agent_memory.memory.service.ingest import IngestRequest
from agent_memory.memory.service.memory import Memory
from agent_memory.memory.service.recall import RecallRequest
from agent_memory.memory.service.working_sets import WorkingSetRequest
from agent_memory.testing.dict_memory import DictMemory
from agent_memory.testing.memory import dict_memory
from benchmarks.harness.locomo import WORKSPACE, Conversation, Question, read_locomo
from benchmarks.harness.report import Report

BUDGETS = (256, 512, 1024)
THREAD = ThreadId("talk")
_BATCH = 200


def main() -> None:
    arguments = _arguments()
    report = Report("working_set", __doc__, arguments)
    conversations = read_locomo(Path(arguments.locomo))[: arguments.conversations]
    shares = asyncio.run(_ask_all(conversations))
    report.table(
        ["tokens", "recall", "working set", "ratio"],
        [
            [budget, f"{recall:.1%}", f"{held:.1%}", f"{held / recall:.2f}"]
            for budget, (recall, held) in shares.items()
        ],
    )
    report.write({"shares": shares})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locomo", required=True, help="conversations with questions (JSON)")
    parser.add_argument("--conversations", type=int, default=2, help="how many of them")
    return parser.parse_args()


async def _ask_all(conversations: Sequence[Conversation]) -> dict[int, tuple[float, float]]:
    """(recall, working set) by budget: the mean share of the evidence."""
    held: dict[int, list[tuple[float, float]]] = {budget: [] for budget in BUDGETS}
    for conversation in conversations:
        memory, turn_of = await _remembered(conversation)
        for question in conversation.questions:
            for budget in BUDGETS:
                held[budget].append(await _shares(memory, turn_of, question, budget))
    return {
        budget: (_mean([one for one, _ in shares]), _mean([other for _, other in shares]))
        for budget, shares in held.items()
    }


async def _remembered(conversation: Conversation) -> tuple[Memory, Mapping[ItemId, int]]:
    store = DictMemory()
    memory = dict_memory(store)
    said = [
        ChatMessage(Role.USER, turn.text, turn.speaker, turn.said_at) for turn in conversation.turns
    ]
    for begin in range(0, len(said), _BATCH):
        part = tuple(said[begin : begin + _BATCH])
        await memory.ingest.ingest(WORKSPACE, IngestRequest(THREAD, part))
    items = store.shelf(WORKSPACE).items.values()
    places = {turn.text: place for place, turn in enumerate(conversation.turns)}
    messages = {item.item_id: places[item.text] for item in items if item.kind is ItemKind.CHAT}
    derived = {
        item.item_id: messages[item.source_id] for item in items if item.source_id in messages
    }
    return memory, {**messages, **derived}


async def _shares(
    memory: Memory, turn_of: Mapping[ItemId, int], question: Question, budget: int
) -> tuple[float, float]:
    recalled = await memory.recall.recall(
        WORKSPACE, RecallRequest(question.text, budget, (THREAD,))
    )
    working_set = await memory.working_sets.assemble(
        WORKSPACE, WorkingSetRequest(question.text, budget, THREAD)
    )
    of_recall = {turn_of.get(line.recalled.item.item_id) for line in recalled.packed.lines}
    of_set = {turn_of.get(entry.item.item_id) for entry in working_set.entries}
    wanted = question.evidence
    return len(wanted & of_recall) / len(wanted), len(wanted & of_set) / len(wanted)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    main()
