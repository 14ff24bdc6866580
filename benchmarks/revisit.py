"""What does it cost to come back to a session that had to leave memory?

Twelve conversations take turns with a server that has room for the KV of six in memory, so that
each finds its own on the disk when its turn comes again; the pages of the files are dropped before.
The time to the first token of that turn (revisit) is compared with that of the conversation's next
one, which finds everything in memory (warm), and with a plain read of as many bytes of the same
files. With `--at-rest` all that has to leave the engine rests in the memory of its process, and
the revisit is compared with the warm turn alone. `mlx_lm.server` takes the same turns with what it
keeps by default, and with `--mlx-vlm` `mlx_vlm.server` with as much room as ours and its cache on
the disk. A client sends the whole history every time. The model's weights are random.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from statistics import median

import httpx
from prometheus_client.parser import text_string_to_metric_families

from agent_memory.testing.models import SHAPES
from benchmarks.harness.agent_memory_server import AgentMemoryServer, agent_memory_server
from benchmarks.harness.chat import Answer, Message, ask, assistant, new_client, user
from benchmarks.harness.mlx_lm_server import MlxLmServer
from benchmarks.harness.mlx_vlm_server import MlxVlmServer, add_mlx_vlm
from benchmarks.harness.page_cache import forget_pages
from benchmarks.harness.prompts import PromptMaker
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.subject import Subject
from benchmarks.harness.workplace import workplace

AIM = 1.2
NEW_MESSAGE_TOKENS = 12
ANSWER_TOKENS = 4
ROOM_FOR = 6


@dataclass(slots=True)
class Conversation:
    history: list[Message] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every turn of one server: times to the first token, and cached of all tokens. shelf_tokens,
    memory_tokens: how many came from the disk and from memory at rest in all; None for a server
    that has none."""

    server: str
    revisits_s: list[float]
    warm_s: list[float]
    revisits_cached: list[float]
    shelf_tokens: float | None = None
    memory_tokens: float | None = None

    @property
    def revisit_s(self) -> float:
        return median(self.revisits_s)

    @property
    def warm_turn_s(self) -> float:
        return median(self.warm_s)


def main() -> None:
    arguments = _arguments()
    report = Report("revisit", __doc__, arguments)
    # For the turn under way, too, there has to be room.
    num_tokens = arguments.length + 64 * (arguments.rounds + 1)
    budget = int((ROOM_FOR + 1) * num_tokens * _bytes_per_token(arguments.shape))
    os.environ["AGENT_MEMORY_RESIDENT_BUDGET"] = str(budget)
    os.environ["AGENT_MEMORY_AT_REST_BUDGET"] = str(
        arguments.at_rest * arguments.sessions * budget // ROOM_FOR
    )
    with ExitStack() as stack:
        place = stack.enter_context(workplace(arguments.shape))
        home = place.folder / "data"
        shelf = home / "shelf"
        ours = stack.enter_context(agent_memory_server(home, str(place.model)))
        outcomes = [_measure(report, ours, arguments, lambda: forget_pages(shelf))]
        read_s = 0.0 if arguments.at_rest else _plain_read_s(shelf) / arguments.sessions
        mlx_lm = MlxLmServer(place.folder / "mlx_lm.out", place.model)
        stack.enter_context(closing(mlx_lm))
        outcomes.append(_measure(report, mlx_lm, arguments, lambda: False))
        if python := arguments.mlx_vlm:
            output, apc = place.folder / "mlx_vlm.out", place.folder / "apc"
            mlx_vlm = MlxVlmServer(output, place.model, python, apc, (ROOM_FOR + 1) * num_tokens)
            stack.enter_context(closing(mlx_vlm))
            outcomes.append(_measure(report, mlx_vlm, arguments, lambda: forget_pages(apc)))
    _show(report, outcomes, read_s)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="smollm2-135m", help="of the random-weight model")
    parser.add_argument("--length", type=int, default=400, help="tokens of the first message")
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=2, help="visits of each after its first turn")
    parser.add_argument("--pause-s", type=float, default=0.5, help="before every turn")
    parser.add_argument("--at-rest", action="store_true", help="what left the engine is in memory")
    add_mlx_vlm(parser)
    return parser.parse_args()


def _bytes_per_token(shape: str) -> int:
    """Of float32 keys and values, in all layers."""
    names = ("num_hidden_layers", "num_key_value_heads", "head_dim")
    return prod((2, 4, *(int(str(SHAPES[shape][name])) for name in names)))


def _measure(
    report: Report, subject: Subject, arguments: argparse.Namespace, forget: Callable[[], bool]
) -> Outcome:
    report.say(subject.name)
    subject.start()
    outcome = asyncio.run(_take_turns(subject, arguments, forget))
    subject.close()
    return outcome


async def _take_turns(
    subject: Subject, arguments: argparse.Namespace, forget: Callable[[], bool]
) -> Outcome:
    prompts = PromptMaker(0)
    conversations = [Conversation() for _ in range(arguments.sessions)]
    outcome = Outcome(subject.name, [], [], [])
    async with new_client(subject) as client:
        for conversation in conversations:
            await _turn(client, subject, conversation, prompts.text(arguments.length))
        for _ in range(arguments.rounds):
            for conversation in conversations:
                forget()
                await asyncio.sleep(arguments.pause_s)
                revisit = await _turn(client, subject, conversation, _short(prompts))
                await asyncio.sleep(arguments.pause_s)
                warm = await _turn(client, subject, conversation, _short(prompts))
                outcome.revisits_s.append(revisit.ttft_s)
                outcome.revisits_cached.append(revisit.num_cached / revisit.num_prompt)
                outcome.warm_s.append(warm.ttft_s)
        from_shelf = await _tokens_from("shelf", client, subject)
        from_memory = await _tokens_from("memory", client, subject)
    return replace(outcome, shelf_tokens=from_shelf, memory_tokens=from_memory)


def _short(prompts: PromptMaker) -> str:
    return prompts.text(NEW_MESSAGE_TOKENS)


async def _turn(
    client: httpx.AsyncClient, subject: Subject, conversation: Conversation, text: str
) -> Answer:
    conversation.history.append(user(text))
    answer = await ask(client, subject, conversation.history, ANSWER_TOKENS)
    conversation.history.append(assistant(answer.text))
    return answer


async def _tokens_from(source: str, client: httpx.AsyncClient, subject: Subject) -> float | None:
    if not isinstance(subject, AgentMemoryServer):
        return None
    text = (await client.get("/metrics")).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "agent_memory_prompt_tokens_total"
        and sample.labels.get("source") == source
    )


def _plain_read_s(folder: Path) -> float:
    """Seconds to read all files, which no memory holds."""
    files = [path for path in folder.rglob("*.safetensors") if path.is_file()]
    forget_pages(folder)
    started_at = time.perf_counter()
    for path in files:
        path.read_bytes()
    return time.perf_counter() - started_at


def _show(report: Report, outcomes: Sequence[Outcome], read_s: float) -> None:
    ours = outcomes[0]
    ratio = ours.revisit_s / (ours.warm_turn_s + read_s)
    rows: list[list[object]] = [
        [
            outcome.server,
            median(outcome.revisits_cached),
            outcome.revisit_s * 1000,
            outcome.warm_turn_s * 1000,
            read_s * 1000 if outcome is ours else "-",
            ratio if outcome is ours else outcome.revisit_s / outcome.warm_turn_s,
        ]
        for outcome in outcomes
    ]
    headings = ["server", "cached", "revisit ms", "warm ms", "read ms", "÷ (warm + read)"]
    report.table(headings, rows)
    report.say(
        f"{ours.shelf_tokens:.0f} tokens came from the shelf and {ours.memory_tokens:.0f} from "
        f"memory at rest in {len(ours.revisits_s)} turns"
    )
    report.conclude(f"Aim: at most {AIM}.")
    report.write({"ratio": ratio, "read_s": read_s, "outcomes": outcomes})


if __name__ == "__main__":
    run(main)
