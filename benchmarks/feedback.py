"""Does feedback make recall better, and does it ever make it worse?

Questions of LoCoMo (`--locomo`, JSON; not copied) are asked in a workspace that has a thread for
each conversation. Half of them give feedback, in growing batches: of the ten items shown, those
that hold an answer are helpful, and those of the first three that do not are not helpful. nDCG@10
is that of the other half, over several ways to halve them. Weights go live only if they win on
feedback that was held out; they start from the default ones, and once more from ones that do not
fit.

First as a server does it: recalls leave impressions in the database, feedback names them, the job
learns weights, and the other half is asked again after each batch; in the end all feedback is
withdrawn. Then in this process, where the parts that feedback goes through can be told apart.
"""

import argparse
import asyncio
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Feedback, Impression, Judged, Verdict
from agent_memory.memory.learning.adjustment import feedback_factors, with_feedback
from agent_memory.memory.learning.arrangement import as_ranked
from agent_memory.memory.learning.experience import Experience, judgements
from agent_memory.memory.learning.learner import learn
from agent_memory.memory.learning.lessons import lessons
from agent_memory.memory.learning.likeness import Question, read_question
from agent_memory.memory.learning.recall_landscape import RECALL
from agent_memory.memory.learning.tally import Tally, tally
from agent_memory.memory.search.ranking import rank
from agent_memory.memory.search.recalled import Recalled
from agent_memory.memory.search.weights import DEFAULT_WEIGHTS, Weights
from benchmarks.harness.locomo import (
    WORKSPACE,
    Conversation,
    LocomoSearch,
    Searched,
    locomo_search,
    read_locomo,
)
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.served_feedback import ServedFeedback

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Of the questions that give feedback, how many have done so."""
VARIANTS = ("none", "salience", "and relevance", "weights", "all")
CUT = 10
NUM_SURELY_SEEN = 3
_BEGAN_AT = datetime(2026, 1, 1, tzinfo=UTC)
DEFAULT: Mapping[str, float] = DEFAULT_WEIGHTS.as_mapping()
MISFIT = 0.8
"""How far the weights that do not fit lie towards the farther end of each range."""

Weighting = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what is shown for it before anything is learned."""

    searched: Searched
    shown: tuple[Recalled, ...]
    question: Question


@dataclass(frozen=True, slots=True)
class Given:
    """What follows from all that was said so far."""

    tallies: Mapping[ItemId, Tally]
    experience: Experience
    weights: Weighting
    has_won: bool


def main() -> None:
    arguments = _arguments()
    report = Report("feedback", __doc__, arguments)
    conversations = read_locomo(Path(arguments.locomo))
    served: list[Served] = []
    searched = asyncio.run(_search(conversations, report, served, arguments))
    report.say("nDCG@10 of the questions without feedback; as served")
    report.table(["feedback", "nDCG@10", "live weights"], [_served_row(point) for point in served])
    curves = {
        name: _curve(searched, weights, range(arguments.halvings))
        for name, weights in (("default", DEFAULT), ("do not fit", _misfit()))
    }
    for name, curve in curves.items():
        report.say(f"nDCG@10 of the questions without feedback; weights at the start: {name}")
        report.table(["feedback", *VARIANTS, "live weights"], [_row(point) for point in curve])
        everything = [point.ndcg["all"] for point in curve]
        report.conclude(
            f"from {100 * everything[0]:.1f} to {100 * everything[-1]:.1f}, "
            f"at the lowest {100 * min(everything):.1f}"
        )
    report.write({"served": served, "curves": curves, "num_questions": len(searched)})


@dataclass(frozen=True, slots=True)
class Point:
    """share_live: how often learned weights went live, over the ways to halve the questions."""

    share: float
    ndcg: Mapping[str, float]
    share_live: float


def _curve(searched: Sequence[Searched], weights: Weighting, seeds: Sequence[int]) -> list[Point]:
    asked = [_ask(one, weights) for one in searched]
    points = []
    for share in SHARES:
        measured: dict[str, list[float]] = {name: [] for name in VARIANTS}
        live: list[bool] = []
        for seed in seeds:
            teaching, testing = _halve(asked, seed)
            given = _give(teaching[: round(share * len(teaching))], weights)
            live.append(given.has_won)
            for one in testing:
                _measure(one, given, weights, measured)
        means = {name: sum(values) / len(values) for name, values in measured.items()}
        points.append(Point(share, means, sum(live) / len(live)))
    return points


def _row(point: Point) -> list[object]:
    measured = (100 * point.ndcg[name] for name in VARIANTS)
    return [f"{point.share:.0%}", *measured, f"{point.share_live:.0%}"]


def _ask(one: Searched, weights: Weighting) -> Asked:
    question = read_question(one.question.text, one.query.embedding)
    return Asked(one, _ranked(one, weights), question)


def _halve(some: Sequence[Asked], seed: int) -> tuple[list[Asked], list[Asked]]:
    shuffled = list(some)
    random.Random(seed).shuffle(shuffled)  # noqa: S311  reproducible
    half = len(shuffled) // 2
    return shuffled[:half], shuffled[half:]


def _give(teaching: Sequence[Asked], weights: Weighting) -> Given:
    judged = [_judge(one, number) for number, one in enumerate(teaching)]
    feedback = [
        Feedback(
            feedback_id=f"{one.impression.impression_id}/{item_id}",
            item_id=item_id,
            verdict=verdict,
            created_at=one.created_at,
            impression_id=one.impression.impression_id,
        )
        for one in judged
        for item_id, verdict in one.verdicts.items()
    ]
    questions = {
        one.impression.impression_id: asked.question
        for one, asked in zip(judged, teaching, strict=True)
    }
    learned = learn(lessons(judged), weights, 0, RECALL)
    return Given(
        tallies=tally(feedback),
        experience=Experience(judgements(feedback, questions)),
        weights=learned.weights if learned.wins else weights,
        has_won=learned.wins,
    )


def _verdicts(searched: Searched, shown: Sequence[Recalled]) -> dict[ItemId, Verdict]:
    verdicts: dict[ItemId, Verdict] = {}
    for place, entry in enumerate(shown[:CUT]):
        if searched.turn_of[entry.item.item_id] in searched.question.evidence:
            verdicts[entry.item.item_id] = Verdict.HELPFUL
        elif place < NUM_SURELY_SEEN:
            verdicts[entry.item.item_id] = Verdict.NOT_HELPFUL
    return verdicts


def _judge(one: Asked, number: int) -> Judged:
    verdicts = _verdicts(one.searched, one.shown)
    impression = Impression(f"q{number:04}", 0, as_ranked(one.shown))
    return Judged(impression, _BEGAN_AT + timedelta(minutes=number), verdicts)


def _measure(
    one: Asked, given: Given, weights: Weighting, measured: dict[str, list[float]]
) -> None:
    relevance = given.experience.relevance_factors(one.question)
    salience = feedback_factors(given.tallies, {})
    everything = feedback_factors(given.tallies, relevance)
    before = one.shown
    after = before if given.weights == weights else _ranked(one.searched, given.weights)
    shown = {
        "none": before,
        "salience": with_feedback(before, salience),
        "and relevance": with_feedback(before, everything),
        "weights": after,
        "all": with_feedback(after, everything),
    }
    for name, recalled in shown.items():
        measured[name].append(_ndcg(one.searched, recalled))


def _ranked(one: Searched, weights: Weighting) -> tuple[Recalled, ...]:
    return rank(one.candidates.found, one.query, Weights.from_mapping(weights))


def _ndcg(one: Searched, recalled: Sequence[Recalled]) -> float:
    """nDCG@10 over turns: a turn counts where the first of its items stands."""
    turns = list(dict.fromkeys(one.turn_of[entry.item.item_id] for entry in recalled))[:CUT]
    found = sum(_discount(at) for at, turn in enumerate(turns) if turn in one.question.evidence)
    return found / sum(map(_discount, range(min(CUT, len(one.question.evidence)))))


def _discount(place: int) -> float:
    return 1 / math.log2(place + 2)


def _misfit() -> Weighting:
    """Weights drawn towards that end of their range from which the default is farther."""
    moved = {}
    for name, range_ in RECALL.ranges.items():
        default = DEFAULT[name]
        end = range_.high if range_.high - default > default - range_.low else range_.low
        moved[name] = default + MISFIT * (end - default)
    return {**DEFAULT, **moved}


@dataclass(frozen=True, slots=True)
class Served:
    """share: of the feedback; "withdrawn" when all of it was given and taken back."""

    share: float | str
    ndcg: float
    weights_went_live: bool


async def _serve(locomo: LocomoSearch, searched: Sequence[Searched], seed: int) -> list[Served]:
    embeddings = {one.question.text: one.query.embedding for one in searched}
    memory = ServedFeedback(locomo.database, WORKSPACE, embeddings)
    shuffled = list(searched)
    random.Random(seed).shuffle(shuffled)  # noqa: S311  reproducible
    half = len(shuffled) // 2
    teaching, testing = shuffled[:half], shuffled[half:]
    points, num_taught = [], 0
    for share in SHARES:
        for one in teaching[num_taught : (num_taught := round(share * half))]:
            found = await memory.recall(one.question.text, one.query)
            await memory.give(
                found.recall_id, _verdicts(_located(locomo, one, found.ranked), found.ranked)
            )
        went_live = await memory.learn()
        points.append(Served(share, await _served_ndcg(locomo, memory, testing), went_live))
    await memory.withdraw_all()
    points.append(Served("withdrawn", await _served_ndcg(locomo, memory, testing), False))
    return points


async def _served_ndcg(
    locomo: LocomoSearch, memory: ServedFeedback, testing: Sequence[Searched]
) -> float:
    total = 0.0
    for one in testing:
        shown = await memory.look(one.question.text, one.query)
        total += _ndcg(_located(locomo, one, shown), shown)
    return total / len(testing)


def _located(locomo: LocomoSearch, searched: Searched, shown: Sequence[Recalled]) -> Searched:
    """With the turns of what is shown: what is rare in a workspace, and so what is found, has
    changed with the conversations that were stored since it was searched."""
    items = (entry.item for entry in shown)
    return replace(searched, turn_of=locomo.turns_of(searched.query, items))


def _served_row(point: Served) -> list[object]:
    share = f"{point.share:.0%}" if isinstance(point.share, float) else point.share
    return [share, 100 * point.ndcg, "yes" if point.weights_went_live else "no"]


async def _search(
    conversations: Sequence[Conversation],
    report: Report,
    served: list[Served],
    arguments: argparse.Namespace,
) -> list[Searched]:
    """Every question's candidates: the search does not depend on feedback, the ranking does."""
    found: list[Searched] = []
    async with locomo_search(not arguments.no_vectors) as locomo:
        for conversation in conversations:
            report.say(f"{conversation.name}: {len(conversation.questions)} questions")
            await locomo.store(conversation)
            found += [await locomo.ask(conversation, one) for one in conversation.questions]
        report.say("as served")
        served += await _serve(locomo, found, seed=0)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locomo", required=True, help="conversations, JSON")
    parser.add_argument("--no-vectors", action="store_true", help="find by words alone")
    parser.add_argument("--halvings", type=int, default=2, help="averaged over (default: 2)")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
