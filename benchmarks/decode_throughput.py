"""How many tokens a second do 1, 4 and 8 streams get through HTTP, against `mlx_lm.server`?

Both servers serve the same random-weight model, one after the other in alternating order, neither
running while the other is measured. Prompts are different and equally long. Tokens count from
the moment when every stream has its first until the moment when the first stream ends, so that
prefill is no part of the figure.
"""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import ExitStack, closing
from statistics import median

from benchmarks.harness.agent_memory_server import agent_memory_server
from benchmarks.harness.chat import Answer, ask, new_client, user
from benchmarks.harness.mlx_lm_server import MlxLmServer
from benchmarks.harness.prompts import PromptMaker
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.subject import Subject
from benchmarks.harness.workplace import workplace

AIM = 1.0

Rates = dict[str, dict[int, list[float]]]
"""Tokens a second of every round, by server and number of streams."""


def main() -> None:
    arguments = _arguments()
    report = Report("decode_throughput", __doc__, arguments)
    rates = _measure_all(report, arguments)
    ours, theirs = rates.values()
    medians = [
        (streams, median(ours[streams]), median(theirs[streams])) for streams in arguments.streams
    ]
    report.table(
        ["streams", *(f"{name} tok/s" for name in rates), "ratio"],
        [[streams, our, their, our / their] for streams, our, their in medians],
    )
    report.conclude(f"Aim: a ratio of at least {AIM} at every number of streams.")
    ratios = {streams: our / their for streams, our, their in medians}
    report.write({"tokens_per_s": rates, "ratios": ratios})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="smollm2-135m", help="of the random-weight model")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--prompt-tokens", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=128, help="that each stream generates")
    parser.add_argument("--rounds", type=int, default=2, help="starts of each server")
    return parser.parse_args()


def _measure_all(report: Report, arguments: argparse.Namespace) -> Rates:
    with ExitStack() as stack:
        place = stack.enter_context(workplace(arguments.shape))
        subjects: list[Subject] = [
            stack.enter_context(agent_memory_server(place.folder / "data", str(place.model))),
            stack.enter_context(closing(MlxLmServer(place.folder / "mlx_lm.out", place.model))),
        ]
        rates: Rates = {
            subject.name: {streams: [] for streams in arguments.streams} for subject in subjects
        }
        for number in range(arguments.rounds):
            for subject in subjects if number % 2 == 0 else reversed(subjects):
                report.say(f"round {number + 1}: {subject.name}")
                subject.start()
                of_round = asyncio.run(_measure(subject, arguments, number))
                subject.close()
                for streams, rate in of_round.items():
                    rates[subject.name][streams].append(rate)
    return rates


async def _measure(
    subject: Subject, arguments: argparse.Namespace, number: int
) -> dict[int, float]:
    """One rate for each number of streams. Both servers get the same prompts in one round."""
    prompts = PromptMaker(number)
    rates: dict[int, float] = {}
    async with new_client(subject) as client:

        async def stream(num_tokens: int) -> Answer:
            prompt = prompts.text(arguments.prompt_tokens)
            return await ask(client, subject, [user(prompt)], num_tokens)

        await stream(4)
        for streams in arguments.streams:
            answers = await asyncio.gather(*(stream(arguments.tokens) for _ in range(streams)))
            rates[streams] = _aggregate_rate(answers)
    return rates


def _aggregate_rate(answers: Sequence[Answer]) -> float:
    """Tokens a second while all streams decode."""
    begin_at = max(answer.arrived_at[0] for answer in answers)
    end_at = min(answer.arrived_at[-1] for answer in answers)
    if end_at <= begin_at:
        raise RuntimeError("the streams did not overlap: let them be longer (--tokens)")
    num_tokens = sum(answer.num_tokens_within(begin_at, end_at) for answer in answers)
    return num_tokens / (end_at - begin_at)


if __name__ == "__main__":
    run(main)
