"""How much CPU does reading raw text take before anything is stored, and how much does it find?

For conversations (LoCoMo: a turn a material), for failing test logs and for the diffs that fixed
them (Defects4J): milliseconds of CPU of one core for each, and what was found. With `--hostile`
also the worst of 100 KB texts made to be slow; with `--stored` also turns that are redacted, read
and stored in PostgreSQL, a hundred a call. The data are given by path and never kept.
"""

import argparse
import asyncio
import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agent_memory.ids import ThreadId
from agent_memory.memory.dates.written import parse_datetime
from agent_memory.memory.extraction.chat import chat_material
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.ingestion import Prepared
from agent_memory.memory.items.item import Material
from agent_memory.memory.items.kinds import ItemKind, MaterialKind, Role
from agent_memory.memory.items.preparation import prepare
from benchmarks.harness.stored_turns import store_turns

THREAD = ThreadId("benchmark")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
AIM_MS = 0.4
"""For a turn of a conversation: 1,000 a second on two cores, with as much left for the store."""
NUM_ROUNDS = 3
HOSTILE_BYTES = 100_000
HOSTILE = (
    "a", "1,", "a.a.", "a_", "`", '"a', "a/a.py ", "- ", "_", "\n", "@@ -1 +1 @@\n-a\n+b\n",
    "at a.b.C.d(", "\tat a.b.C.d(E.java:1)\n", "Caused by: a.B\n", "--- FAIL: a (0.1s)\n",
    "Traceback (most recent call last):\n", "panic: a\n", "goroutine 1 [", "Index: a\n",
    "  + Exception Group Traceback (most recent call last):\n", "diff --git a/a b/a\n",
    "thread 'a' panicked at b:1:1:\n", '<testcase name="a"', "<testcase><failure>", "\u25cf a\n",
    "we decided to use ", "the port of the ", "my favorite ", "A B C D: e\n", "12:00 <a> b\n",
    "2024-01-01 00:00:00 ERROR x%d y\n", "yesterday ", "3 May ", "a1b2c3d4", "use a for ",
    "a-1  | x\n", "not ok 1 - a\n", "=== RUN   T\n    a.go:1: x\n--- FAIL: T (0.1s)\n", '{"time',
    "    1 failing\n  1) a\n", "[ RUN      ] a.b\n", " FAIL  a.ts > b\n", "___ a ",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rate:
    """CPU of one core in milliseconds for each material, the best of some rounds."""

    name: str
    num_materials: int
    cpu_ms: float
    found: Counter[ItemKind]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locomo", type=Path, help="LoCoMo's turns as JSON")
    parser.add_argument("--defects4j", type=Path, help="logs and fixes as gzipped JSON lines")
    parser.add_argument("--hostile", action="store_true", help="texts made to be slow")
    parser.add_argument("--stored", action="store_true", help="turns into PostgreSQL as well")
    arguments = parser.parse_args()
    if arguments.locomo is not None:
        rate = measure("turn", list(read_turns(arguments.locomo)))
        show(rate)
        print(f"{'':12} aim: {AIM_MS} ms")
    if arguments.locomo is not None and arguments.stored:
        stored = asyncio.run(store_turns(read_conversations(arguments.locomo)))
        print(
            f"{'stored':12} {stored.num_turns:5} x {stored.own_cpu_ms:6.3f} ms CPU, and "
            f"{stored.database_cpu_ms:.3f} of the database; {stored.turns_per_s:.0f} a second"
        )
    if arguments.defects4j is not None:
        logs, diffs = read_bugs(arguments.defects4j)
        show(measure("failing log", logs))
        show(measure("diff", diffs))
        print(f"logs of which every failure was read: {share_read(logs):.1%}")
    if arguments.hostile:
        seconds, text = worst_hostile()
        print(f"worst hostile text of {HOSTILE_BYTES} bytes: {seconds:.2f} s of CPU, {text!r}")


def measure(name: str, materials: Sequence[Material]) -> Rate:
    best = float("inf")
    prepared: list[Prepared] = []
    for _ in range(NUM_ROUNDS):
        began = time.process_time()
        prepared = [prepare(material) for material in materials]
        best = min(best, time.process_time() - began)
    found = Counter(draft.kind for one in prepared for draft in one.drafts)
    return Rate(name, len(materials), 1000 * best / len(materials), found)


def show(rate: Rate) -> None:
    found = ", ".join(f"{kind.value} {num}" for kind, num in rate.found.most_common())
    print(f"{rate.name:12} {rate.num_materials:5} x {rate.cpu_ms:6.3f} ms CPU   {found}")


def share_read(logs: Sequence[Material]) -> float:
    """Of logs in which every announced failure was found with its test and its exception."""
    return sum(_is_read(log) for log in logs) / len(logs)


def _is_read(log: Material) -> bool:
    num_announced = sum(line.startswith("--- ") and "::" in line for line in log.text.splitlines())
    drafts = [d for d in prepare(log).drafts if d.kind is ItemKind.TEST_FAILURE]
    is_whole = all(d.metadata["exception"] and d.metadata["test"] for d in drafts)
    return is_whole and sum(d.num_occurrences for d in drafts) == num_announced


def read_turns(path: Path) -> Iterator[Material]:
    for conversation in json.loads(path.read_text()):
        for turn in conversation["turns"]:
            said_at = parse_datetime(turn["said_at"], NOW)
            message = ChatMessage(Role.USER, turn["text"], turn["speaker"], said_at)
            yield chat_material(THREAD, [message], said_at or NOW)


def read_conversations(path: Path) -> Mapping[str, Sequence[ChatMessage]]:
    return {
        str(conversation["conversation"]): [
            ChatMessage(
                Role.USER, turn["text"], turn["speaker"], parse_datetime(turn["said_at"], NOW)
            )
            for turn in conversation["turns"]
        ]
        for conversation in json.loads(path.read_text())
    }


def read_bugs(path: Path) -> tuple[list[Material], list[Material]]:
    with gzip.open(path, "rt") as lines:
        bugs = [json.loads(line) for line in lines]
    logs = [Material(THREAD, MaterialKind.LOG, bug["failure_log"], NOW) for bug in bugs]
    diffs = [Material(THREAD, MaterialKind.DIFF, bug["fix_diff"], NOW) for bug in bugs]
    return logs, diffs


def worst_hostile() -> tuple[float, str]:
    found: list[tuple[float, str]] = []
    for piece in HOSTILE:
        text = piece * (HOSTILE_BYTES // len(piece))
        for kind in MaterialKind:
            began = time.process_time()
            prepare(Material(THREAD, kind, text, NOW))
            found.append((time.process_time() - began, piece))
    return max(found)


if __name__ == "__main__":
    main()
