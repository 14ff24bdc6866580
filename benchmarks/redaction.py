"""How much of what must not be kept does redaction find, and how much else does it take?

Found: of made-up secrets of every known form, in every context that suits it. False: redactions in
texts in which nothing was planted, each shown with its surroundings so that a person can judge.
`--locomo` takes the conversations of LoCoMo as JSON, `--defects4j` failing tests and their fixes as
gzipped JSON lines; neither is copied. CPU time is of this process.
"""

import argparse
import gzip
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.redaction.redaction import redact
from benchmarks.harness.report import Report
from tests.unit.memory.redaction.planted import plant

POLICY = RedactionPolicy()
SHOWN_AROUND = 40


@dataclass(frozen=True, slots=True)
class Found:
    num_planted: int
    num_found: int
    missed: Sequence[str]


@dataclass(frozen=True, slots=True)
class Ordinary:
    """Texts in which nothing was planted. CPU in microseconds."""

    num_texts: int
    num_redacted: int
    cpu_per_text: float
    cpu_per_kb: float
    redactions: Sequence[str]

    @property
    def share_redacted(self) -> float:
        """In percent."""
        return 100 * self.num_redacted / self.num_texts


def main() -> None:
    arguments = _arguments()
    report = Report("redaction", __doc__, arguments)
    found = _find_planted(range(arguments.seeds))
    report.table(
        ["planted", "number", "found", "%"],
        [
            [
                "all forms",
                found.num_planted,
                found.num_found,
                100 * found.num_found / found.num_planted,
            ]
        ],
    )
    ordinary = {name: _redact_all(texts) for name, texts in _corpora(arguments)}
    report.table(
        ["ordinary text", "texts", "with a redaction", "%", "CPU µs a text", "CPU µs a KB"],
        [
            [name, of.num_texts, of.num_redacted, of.share_redacted, of.cpu_per_text, of.cpu_per_kb]
            for name, of in ordinary.items()
        ],
    )
    for line in [*found.missed, *(line for of in ordinary.values() for line in of.redactions)]:
        report.say(line)
    report.write({"planted": found, "ordinary": ordinary})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locomo", help="conversations, JSON")
    parser.add_argument("--defects4j", help="logs and diffs, .jsonl.gz")
    parser.add_argument("--seeds", type=int, default=5, help="of the made-up secrets (default: 5)")
    return parser.parse_args()


def _find_planted(seeds: Iterable[int]) -> Found:
    planted = [one for seed in seeds for one in plant(seed)]
    missed = [
        f"missed: {one.form}, {one.context}"
        for one in planted
        if one.secret in redact(one.text, POLICY).text
    ]
    return Found(len(planted), len(planted) - len(missed), missed)


def _corpora(arguments: argparse.Namespace) -> Iterator[tuple[str, list[str]]]:
    if arguments.locomo:
        conversations = json.loads(Path(arguments.locomo).read_bytes())
        yield "LoCoMo turns", [turn["text"] for one in conversations for turn in one["turns"]]
    if arguments.defects4j:
        with gzip.open(arguments.defects4j, "rt") as lines:
            rows = [json.loads(line) for line in lines]
        yield "Defects4J logs", [row["failure_log"] for row in rows]
        yield "Defects4J diffs", [row["fix_diff"] for row in rows]


def _redact_all(texts: Sequence[str]) -> Ordinary:
    began_at = time.process_time()
    redacted = [redact(text, POLICY) for text in texts]
    cpu_us = 1e6 * (time.process_time() - began_at)
    return Ordinary(
        num_texts=len(texts),
        num_redacted=sum(bool(one.removed) for one in redacted),
        cpu_per_text=cpu_us / len(texts),
        cpu_per_kb=1000 * cpu_us / sum(map(len, texts)),
        redactions=[
            f"{removal.kind}: {text[max(0, removal.begin - SHOWN_AROUND) : removal.end + 10]!r}"
            for text, one in zip(texts, redacted, strict=True)
            for removal in one.removed
        ],
    )


if __name__ == "__main__":
    main()
