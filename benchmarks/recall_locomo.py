"""Of the turns that answer a question about a long conversation, how many are recalled?

Conversations of LoCoMo (`--locomo`, JSON; not copied) are stored and asked as the product does,
one conversation at a time. A turn counts where an item of it stands; recall is the share of a
question's evidence among the first k turns, nDCG is binary. The default weights were fitted to
these questions: the row that tells is the one in which every conversation is ranked by weights
fitted to the others. Recall at a budget takes turns as they stand while they fit, four
characters for a token and four tokens for each turn.
"""

import argparse
import asyncio
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.search.ranking import rank
from agent_memory.memory.search.recalled import Candidate
from agent_memory.memory.search.signs import SIGNS, Scale, signs_of
from agent_memory.memory.search.weights import DEFAULT_WEIGHTS, Weights
from benchmarks.harness.lexical_peers import rank_by_bm25s, rank_by_rank_bm25
from benchmarks.harness.locomo import Conversation, Searched, locomo_search, read_locomo
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.weight_fitting import Example, fit_weights

BUDGETS = (256, 512, 1024, 2048, 4096)
_ADVERSARIAL = 5

Ranking = Sequence[int]
"""Turns, the best first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the chat turns that were found for it."""

    searched: Searched
    candidates: tuple[Candidate, ...]

    def turn(self, candidate: Candidate) -> int:
        return self.searched.turn_of[candidate.item.item_id]


@dataclass(frozen=True, slots=True)
class Quality:
    """In percent. `at_budget`: recall, by tokens."""

    num_questions: int
    recall_at_5: float
    recall_at_10: float
    recall_at_25: float
    ndcg_at_10: float
    at_budget: Mapping[int, float]


def main() -> None:
    arguments = _arguments()
    report = Report("recall_locomo", __doc__, arguments)
    conversations = read_locomo(Path(arguments.locomo))
    asked = asyncio.run(_ask_all(conversations, report))
    methods = _methods(conversations, asked)
    qualities = {
        name: {
            scope: _measure(conversations, asked, rankings, scope == "1-4")
            for scope in ("all", "1-4")
        }
        for name, rankings in methods.items()
    }
    for scope in ("all", "1-4"):
        report.say(f"questions of the categories {scope}")
        report.table(
            ["method", "R@5", "R@10", "R@25", "nDCG@10", *(f"R {one} tokens" for one in BUDGETS)],
            [_row(name, of[scope]) for name, of in qualities.items()],
        )
    report.write({"qualities": qualities})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--locomo", required=True, help="conversations with questions (JSON)")
    return parser.parse_args()


async def _ask_all(conversations: Sequence[Conversation], report: Report) -> list[list[Asked]]:
    asked = []
    async with locomo_search(with_vectors=True) as search:
        for conversation in conversations:
            await search.store(conversation)
            found = [await search.ask(conversation, one) for one in conversation.questions]
            asked.append([_asked(one) for one in found])
            report.say(f"{conversation.name}: {len(found)} questions asked")
    return asked


def _asked(searched: Searched) -> Asked:
    found = searched.candidates.found
    return Asked(searched, tuple(one for one in found if one.item.kind is ItemKind.CHAT))


def _methods(
    conversations: Sequence[Conversation], asked: Sequence[Sequence[Asked]]
) -> dict[str, list[list[Ranking]]]:
    def each(order: Callable[[Asked], Ranking]) -> list[list[Ranking]]:
        return [[order(one) for one in some] for some in asked]

    methods = {
        "BM25 of the turn": each(lambda one: _by(one, lambda c: c.bm25)),
        "BM25 of turn and window": each(_by_words),
        "MiniLM": each(lambda one: _by(one, lambda c: c.similarity or 0.0)),
        "reciprocal rank fusion of both": each(_by_reciprocal_rank),
        "agent_memory, words only": each(lambda one: _ranked(_without_vectors(one))),
        "agent_memory": each(_ranked),
        "agent_memory, fitted to the others": _fitted_to_the_others(asked),
    }
    for name, peer in (("rank_bm25", rank_by_rank_bm25), ("bm25s", rank_by_bm25s)):
        rankings = peer(
            [[turn.text for turn in one.turns] for one in conversations],
            [[question.text for question in one.questions] for one in conversations],
        )
        if rankings is not None:
            methods = {name: rankings, **methods}
    return methods


def _by(asked: Asked, score: Callable[[Candidate], float]) -> Ranking:
    return [asked.turn(one) for one in sorted(asked.candidates, key=lambda one: -score(one))]


def _by_words(asked: Asked) -> Ranking:
    scale = Scale.of(asked.searched.query, asked.candidates)
    return _by(
        asked, lambda one: 0.5 * one.bm25 / scale.best_bm25 + one.bm25_window / scale.best_window
    )


def _by_reciprocal_rank(asked: Asked) -> Ranking:
    places: dict[int, float] = {}
    for ranking in (_by_words(asked), _by(asked, lambda one: one.similarity or 0.0)):
        for at, turn in enumerate(ranking):
            places[turn] = places.get(turn, 0.0) + 1 / (60 + at)
    return sorted(places, key=lambda turn: -places[turn])


def _without_vectors(asked: Asked) -> Asked:
    return replace(
        asked,
        candidates=tuple(
            replace(one, similarity=None, similarity_near=None) for one in asked.candidates
        ),
    )


def _ranked(asked: Asked, weights: Weights = DEFAULT_WEIGHTS) -> Ranking:
    query = replace(asked.searched.query, limit=len(asked.candidates))
    recalled = rank(asked.candidates, query, weights)
    return [asked.searched.turn_of[one.item.item_id] for one in recalled]


def _fitted_to_the_others(asked: Sequence[Sequence[Asked]]) -> list[list[Ranking]]:
    rankings = []
    for held_out in asked:
        others = [one for some in asked if some is not held_out for one in some]
        weights = fit_weights([_example(one) for one in others], DEFAULT_WEIGHTS)
        rankings.append([_ranked(one, weights) for one in held_out])
    return rankings


def _example(asked: Asked) -> Example:
    scale = Scale.of(asked.searched.query, asked.candidates)
    evidence = asked.searched.question.evidence
    return Example(
        signs=tuple(
            dict(zip(SIGNS, signs, strict=True))
            for signs in signs_of(asked.candidates, scale).tolist()
        ),
        are_wanted=tuple(asked.turn(one) in evidence for one in asked.candidates),
    )


def _measure(
    conversations: Sequence[Conversation],
    asked: Sequence[Sequence[Asked]],
    rankings: Sequence[Sequence[Ranking]],
    without_adversarial: bool,
) -> Quality:
    rows = [
        (conversation, one.searched.question.evidence, ranking)
        for conversation, some, ranked in zip(conversations, asked, rankings, strict=True)
        for one, ranking in zip(some, ranked, strict=True)
        if not (without_adversarial and one.searched.question.category == _ADVERSARIAL)
    ]
    return Quality(
        num_questions=len(rows),
        recall_at_5=_mean(_recall(ranking[:5], wanted) for _, wanted, ranking in rows),
        recall_at_10=_mean(_recall(ranking[:10], wanted) for _, wanted, ranking in rows),
        recall_at_25=_mean(_recall(ranking[:25], wanted) for _, wanted, ranking in rows),
        ndcg_at_10=_mean(_ndcg(ranking, wanted) for _, wanted, ranking in rows),
        at_budget={
            budget: _mean(
                _recall(_within(conversation, ranking, budget), wanted)
                for conversation, wanted, ranking in rows
            )
            for budget in BUDGETS
        },
    )


def _recall(ranking: Ranking, wanted: frozenset[int]) -> float:
    return len(wanted.intersection(ranking)) / len(wanted)


def _ndcg(ranking: Ranking, wanted: frozenset[int]) -> float:
    gained = sum(1 / math.log2(at + 2) for at, turn in enumerate(ranking[:10]) if turn in wanted)
    return gained / sum(1 / math.log2(at + 2) for at in range(min(10, len(wanted))))


def _within(conversation: Conversation, ranking: Ranking, budget: int) -> Ranking:
    taken = []
    for turn in ranking:
        cost = len(conversation.turns[turn].text) / 4 + 4
        if cost <= budget:
            budget -= math.ceil(cost)
            taken.append(turn)
    return taken


def _mean(values: Iterable[float]) -> float:
    return 100 * float(np.mean(list(values)))


def _row(name: str, quality: Quality) -> list[object]:
    return [
        name,
        quality.recall_at_5,
        quality.recall_at_10,
        quality.recall_at_25,
        quality.ndcg_at_10,
        *quality.at_budget.values(),
    ]


if __name__ == "__main__":
    run(main)
