"""What does a long preamble cost when ten sessions begin with it?

Claude Code sends about 18,000 tokens of instructions and tools before the first word of its user.
Ten sessions here begin with one system prompt of that length and a question of their own, one after
the other. The time to the first token of the first is compared with that of the others, and the
bytes of KV in memory and on disk after the first with those after the tenth. `mlx_lm.server` takes
the same requests. The model is the bundled one.
"""

import argparse
import asyncio
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from statistics import median

import httpx
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.harness.agent_memory_server import AgentMemoryServer, agent_memory_server
from benchmarks.harness.bundled_model import float32_model
from benchmarks.harness.chat import Answer, Message, ask, new_client, user
from benchmarks.harness.mlx_lm_server import MlxLmServer
from benchmarks.harness.prompts import PromptMaker
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.subject import Subject
from benchmarks.harness.workplace import scratch_folder

ANSWER_TOKENS = 8
QUESTION_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one server, session by session. num_bytes: KV by tier after each; empty for a server that
    does not tell."""

    server: str
    ttft_s: list[float]
    num_prompt: list[int]
    num_cached: list[int]
    num_bytes: list[Mapping[str, float]]


def main() -> None:
    arguments = _arguments()
    report = Report("preamble_sharing", __doc__, arguments)
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder())
        model = float32_model(folder)
        ours = stack.enter_context(agent_memory_server(folder / "data", str(model)))
        theirs = stack.enter_context(closing(MlxLmServer(folder / "mlx_lm.out", model)))
        outcomes = [_measure(report, subject, arguments) for subject in (ours, theirs)]
    _show(report, outcomes)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--length", type=int, default=18_000, help="about so many tokens")
    parser.add_argument("--sessions", type=int, default=10)
    return parser.parse_args()


def _measure(report: Report, subject: Subject, arguments: argparse.Namespace) -> Outcome:
    report.say(subject.name)
    subject.start()
    outcome = asyncio.run(_ask_all(subject, arguments))
    subject.close()
    return outcome


async def _ask_all(subject: Subject, arguments: argparse.Namespace) -> Outcome:
    prompts = PromptMaker(0)
    preamble: Message = {"role": "system", "content": prompts.text(arguments.length)}
    answers: list[Answer] = []
    num_bytes: list[Mapping[str, float]] = []
    async with new_client(subject) as client:
        await ask(client, subject, [user(prompts.text(QUESTION_TOKENS))], ANSWER_TOKENS)
        for at in range(arguments.sessions):
            messages = [preamble, user(prompts.text(QUESTION_TOKENS))]
            answers.append(await ask(client, subject, messages, ANSWER_TOKENS, f"session-{at}"))
            num_bytes.append(await _kv_bytes(client, subject))
    return Outcome(
        subject.name,
        [answer.ttft_s for answer in answers],
        [answer.num_prompt for answer in answers],
        [answer.num_cached for answer in answers],
        num_bytes,
    )


async def _kv_bytes(client: httpx.AsyncClient, subject: Subject) -> Mapping[str, float]:
    if not isinstance(subject, AgentMemoryServer):
        return {}
    return {
        sample.labels["tier"]: sample.value
        for family in text_string_to_metric_families((await client.get("/metrics")).text)
        for sample in family.samples
        if sample.name == "agent_memory_kv_bytes"
    }


def _show(report: Report, outcomes: list[Outcome]) -> None:
    rows: list[list[object]] = []
    for outcome in outcomes:
        first, *others = outcome.ttft_s
        rows.append(
            [
                outcome.server,
                outcome.num_prompt[0],
                min(outcome.num_cached[1:]),
                first * 1000,
                median(others) * 1000,
                median(others) / first,
                *(_growth(outcome, tier) for tier in ("resident", "shelf")),
            ]
        )
    headings = ["server", "prompt", "cached", "first ms", "others ms", "÷", "memory x", "disk x"]
    report.table(headings, rows)
    report.conclude("Aim: a preamble is prefilled once, and costs its bytes once.")
    report.write({"outcomes": outcomes})


def _growth(outcome: Outcome, tier: str) -> object:
    """Bytes after the last session by those after the first."""
    if tier not in outcome.num_bytes[0]:
        return "-"
    return outcome.num_bytes[-1][tier] / outcome.num_bytes[0][tier]


if __name__ == "__main__":
    run(main)
