"""What does the next turn cost after a restart, against a prefill of the same tokens?

Conversations have their first turn; the server is killed with -9 and started again, the pages of
its KV files dropped from memory. Then each conversation goes on: the client sends the whole history
and a short new message (resume). Beside that it sends as many tokens of a conversation that never
was (cold), and then another message of the one that went on, which is in memory now (warm): what
resume takes beyond warm is the price of the restart. `mlx_lm.server` goes through the same, which
is cold for it, and with `--mlx-vlm` `mlx_vlm.server`, which has a cache on the disk. Every server
first answers a short turn of something else, so that no figure contains its first computation.
The cost is the time to the first token, as a streaming client sees it; every token is a letter, so
that none is held back for the rest of its character. Turns come some seconds
after one another, as those of different people do: a process for the next session stands ready.
With `--pause-s 0` they come at once, and the time to start such a process is part of the figures.
"""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import httpx

from benchmarks.harness.agent_memory_server import agent_memory_server
from benchmarks.harness.chat import Message, ask, assistant, new_client, user
from benchmarks.harness.mlx_lm_server import MlxLmServer
from benchmarks.harness.mlx_vlm_server import MlxVlmServer, add_mlx_vlm
from benchmarks.harness.page_cache import forget_pages
from benchmarks.harness.prompts import PromptMaker, letter_token
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.subject import Subject
from benchmarks.harness.workplace import workplace

AIM = 0.05
AIM_FROM_TOKENS = 800
NEW_MESSAGE_TOKENS = 12

History = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One turn after the restart."""

    ttft_s: float
    num_prompt: int
    num_cached: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """All turns of one server at one length of conversation."""

    server: str
    length: int
    resumed: list[Sample]
    cold: list[Sample]
    warm: list[Sample]

    @property
    def resume_s(self) -> float:
        return median(sample.ttft_s for sample in self.resumed)

    @property
    def cold_s(self) -> float:
        return median(sample.ttft_s for sample in self.cold)

    @property
    def warm_s(self) -> float:
        return median(sample.ttft_s for sample in self.warm)


@dataclass(frozen=True, slots=True)
class Conversation:
    length: int
    history: History
    """The first turn: a message and its answer."""


def main() -> None:
    arguments = _arguments()
    report = Report("resume_after_restart", __doc__, arguments)
    with ExitStack() as stack:
        place = stack.enter_context(workplace(arguments.shape))
        home = place.folder / "data"
        ours = stack.enter_context(agent_memory_server(home, str(place.model)))
        measure = partial(_measure, report, arguments, letter_token(place.model))
        outcomes = [measure(ours, home / "shelf")]
        mlx_lm = MlxLmServer(place.folder / "mlx_lm.out", place.model)
        outcomes.append(measure(stack.enter_context(closing(mlx_lm)), None))
        if python := arguments.mlx_vlm:
            shelf = place.folder / "apc"
            mlx_vlm = MlxVlmServer(place.folder / "mlx_vlm.out", place.model, python, shelf)
            stack.enter_context(closing(mlx_vlm))
            outcomes.append(measure(mlx_vlm, shelf))
    _show(report, outcomes)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="smollm2-135m", help="of the random-weight model")
    parser.add_argument("--lengths", type=int, nargs="+", default=[400, 800, 1600])
    parser.add_argument("--sessions", type=int, default=3, help="conversations of each length")
    parser.add_argument("--answer-tokens", type=int, default=16, help="of the first turn")
    parser.add_argument("--pause-s", type=float, default=4.0, help="before every turn")
    add_mlx_vlm(parser)
    return parser.parse_args()


def _measure(
    report: Report,
    arguments: argparse.Namespace,
    letter: int,
    subject: Subject,
    shelf: Path | None,
) -> list[Outcome]:
    """`shelf` is the folder that the server has on the disk, if any."""
    report.say(f"{subject.name}: first turns")
    subject.start()
    talk = _Talk(subject, PromptMaker(0), letter)
    conversations = asyncio.run(_take_first_turns(talk, arguments))
    report.say(f"{subject.name}: killed, started again")
    subject.kill()
    if shelf is not None and not forget_pages(shelf):
        report.say("this system cannot drop the pages of files: they may be read from memory")
    subject.start()
    outcomes = asyncio.run(_go_on(talk, conversations, arguments.pause_s))
    subject.close()
    return outcomes


class _Talk:
    """Turns with one server, before and after its restart."""

    def __init__(self, subject: Subject, prompts: PromptMaker, letter: int) -> None:
        self.subject = subject
        self._prompts = prompts
        self._letter = letter

    def message(self, num_tokens: int = NEW_MESSAGE_TOKENS) -> Message:
        return user(self._prompts.text(num_tokens))

    async def take(
        self, client: httpx.AsyncClient, history: Sequence[Message], num_tokens: int
    ) -> tuple[Sample, History]:
        """A turn, and the history with it."""
        answer = await ask(client, self.subject, history, num_tokens, favourite=self._letter)
        sample = Sample(answer.ttft_s, answer.num_prompt, answer.num_cached)
        return sample, (*history, assistant(answer.text))

    async def go_on(
        self, client: httpx.AsyncClient, history: Sequence[Message]
    ) -> tuple[Sample, History]:
        """A turn with a new message."""
        return await self.take(client, [*history, self.message()], 4)


async def _take_first_turns(talk: _Talk, arguments: argparse.Namespace) -> list[Conversation]:
    conversations = []
    async with new_client(talk.subject) as client:
        for length in arguments.lengths:
            for _ in range(arguments.sessions):
                first = [talk.message(length)]
                _, history = await talk.take(client, first, arguments.answer_tokens)
                conversations.append(Conversation(length, history))
    return conversations


async def _go_on(
    talk: _Talk, conversations: Sequence[Conversation], pause_s: float
) -> list[Outcome]:
    outcomes = {
        conversation.length: Outcome(talk.subject.name, conversation.length, [], [], [])
        for conversation in conversations
    }
    async with new_client(talk.subject) as client:
        await talk.go_on(client, [])
        for number, conversation in enumerate(conversations):
            outcome, history = outcomes[conversation.length], conversation.history
            never_seen = (talk.message(conversation.length), *history[1:])
            turns = [(outcome.resumed, history), (outcome.cold, never_seen)]
            for samples, before in turns if number % 2 == 0 else reversed(turns):
                await asyncio.sleep(pause_s)
                sample, after = await talk.go_on(client, before)
                samples.append(sample)
                history = after if samples is outcome.resumed else history
            await asyncio.sleep(pause_s)
            sample, _ = await talk.go_on(client, history)
            outcome.warm.append(sample)
    return list(outcomes.values())


def _show(report: Report, outcomes: Sequence[Sequence[Outcome]]) -> None:
    rows: list[list[object]] = [
        [
            outcome.server,
            median(sample.num_prompt for sample in outcome.resumed),
            median(sample.num_cached for sample in outcome.resumed),
            outcome.resume_s * 1000,
            outcome.warm_s * 1000,
            outcome.cold_s * 1000,
            outcome.resume_s / outcome.cold_s,
            (outcome.resume_s - outcome.warm_s) / outcome.cold_s,
            same_length[0].resume_s / outcome.resume_s,
        ]
        for same_length in zip(*outcomes, strict=True)
        for outcome in same_length
    ]
    headings = ["server", "tokens", "cached", "resume ms", "warm ms", "cold ms"]
    headings += ["resume ÷ cold", "restart ÷ cold", "ours ÷ it"]
    report.table(headings, rows)
    report.conclude(f"Aim: resume ÷ cold of at most {AIM} from {AIM_FROM_TOKENS} tokens on.")
    ratios = {outcome.length: outcome.resume_s / outcome.cold_s for outcome in outcomes[0]}
    report.write({"ratios": ratios, "outcomes": [each for one in outcomes for each in one]})


if __name__ == "__main__":
    run(main)
