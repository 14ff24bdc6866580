"""How many texts a second does MiniLM embed on this machine, and how long does a question take?

Texts are made-up sentences of a fixed seed, of about 15, 30, 110 and 256 tokens. CPU time is of the
whole process; wall time suffers from whatever else runs. A question is timed alone and while
documents are embedded. `--peer` names a Python that has torch and transformers: the same texts go
through the original weights there, those of `--folder`, in batches of 32 sorted by length, and the
vectors are compared: ours are made with weights of eight bits.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent_memory.memory.vectors.embedding_space import Purpose
from agent_memory.providers.minilm.provider import MiniLm
from benchmarks.harness.report import Report

PEER = Path(__file__).parent / "harness" / "minilm_in_torch.py"
_TEXT = (
    "we decided to keep the cache of every session on disk because a restart should cost nothing "
    "and the tests failed with an assertion error in the parser when two writers met at night so "
    "please remember that Anna prefers short answers about trains bread rivers music and weather"
)
WORDS = _TEXT.split()
LENGTHS = {"short": (8, 16), "sentence": (20, 32), "paragraph": (80, 120), "longest": (300, 301)}


@dataclass(frozen=True, slots=True)
class Rate:
    """Of one kind of text, with one embedder."""

    name: str
    num_texts: int
    tokens_per_text: float
    texts_per_s: float
    cpu_ms_per_text: float


@dataclass(frozen=True, slots=True)
class Waits:
    """Milliseconds that a question takes."""

    p50: float
    p95: float


def main() -> None:
    arguments = _arguments()
    report = Report("embedding", __doc__, arguments)
    texts = {name: _texts(span, arguments.texts) for name, span in LENGTHS.items()}
    began_at = time.perf_counter()
    minilm = MiniLm.load(arguments.threads)
    load_s = time.perf_counter() - began_at
    rates, vectors = asyncio.run(_measure_rates(minilm, texts))
    alone, beside = asyncio.run(_measure_questions(minilm, texts))
    _show_rates(report, "agent_memory (numpy)", rates)
    report.table(
        ["a question takes", "p50 ms", "p95 ms"],
        [["alone", alone.p50, alone.p95], ["beside documents", beside.p50, beside.p95]],
    )
    figures: dict[str, object] = {
        "load_s": load_s,
        "rates": rates,
        "question": {"alone": alone, "beside_documents": beside},
    }
    if arguments.peer:
        figures["peer"] = _compare(report, arguments, texts, vectors)
    report.write(figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=256, help="of each kind (default: 256)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--peer", help="a Python with torch and transformers")
    parser.add_argument("--folder", help="all-MiniLM-L6-v2 as it is published, for the peer")
    arguments = parser.parse_args()
    if arguments.peer and not arguments.folder:
        parser.error("--peer needs --folder")
    return arguments


def _texts(span: tuple[int, int], count: int) -> list[str]:
    chooser = random.Random(0)  # noqa: S311  the same texts every time
    return [" ".join(chooser.choices(WORDS, k=chooser.randint(*span))) for _ in range(count)]


async def _measure_rates(
    minilm: MiniLm, texts: dict[str, list[str]]
) -> tuple[list[Rate], dict[str, NDArray[np.float32]]]:
    await minilm.embed(texts["short"][:32], Purpose.DOCUMENT)  # warm
    rates, vectors = [], {}
    for name, of_kind in texts.items():
        wall, cpu = time.perf_counter(), time.process_time()
        embedded = await minilm.embed(of_kind, Purpose.DOCUMENT)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        vectors[name] = embedded.vectors
        tokens = sum(embedded.num_tokens) / len(of_kind)
        rates.append(
            Rate(name, len(of_kind), tokens, len(of_kind) / wall, 1000 * cpu / len(of_kind))
        )
    return rates, vectors


async def _measure_questions(minilm: MiniLm, texts: dict[str, list[str]]) -> tuple[Waits, Waits]:
    alone = await _ask(minilm, texts["short"])
    documents = asyncio.create_task(_embed_until_cancelled(minilm, texts["sentence"]))
    beside = await _ask(minilm, texts["short"])
    documents.cancel()
    await asyncio.gather(documents, return_exceptions=True)
    return alone, beside


async def _ask(minilm: MiniLm, questions: Sequence[str]) -> Waits:
    waits = []
    for question in questions:
        began_at = time.perf_counter()
        await minilm.embed([question], Purpose.QUERY)
        waits.append(1000 * (time.perf_counter() - began_at))
    return Waits(float(np.percentile(waits, 50)), float(np.percentile(waits, 95)))


async def _embed_until_cancelled(minilm: MiniLm, texts: Sequence[str]) -> None:
    while True:
        await minilm.embed(texts, Purpose.DOCUMENT)


def _compare(
    report: Report,
    arguments: argparse.Namespace,
    texts: dict[str, list[str]],
    vectors: dict[str, NDArray[np.float32]],
) -> dict[str, object]:
    asked = {"folder": arguments.folder, "threads": arguments.threads, "texts": texts}
    done = subprocess.run(
        (arguments.peer, PEER), input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    rates = [Rate(**rate) for rate in answer["rates"]]
    _show_rates(report, "torch and transformers", rates)
    nearness = min(
        float((np.array(answer["vectors"][name], np.float32) * vectors[name]).sum(axis=1).min())
        for name in texts
    )
    report.conclude(f"The vectors' cosine with the originals is {nearness:.5f} at least.")
    return {"rates": rates, "versions": answer["versions"], "least_cosine": nearness}


def _show_rates(report: Report, who: str, rates: Sequence[Rate]) -> None:
    report.table(
        [who, "tokens a text", "texts/s", "CPU ms a text"],
        [[one.name, one.tokens_per_text, one.texts_per_s, one.cpu_ms_per_text] for one in rates],
    )


if __name__ == "__main__":
    main()
