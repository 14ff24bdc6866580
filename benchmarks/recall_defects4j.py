"""Given the log of a failing test, is the diff that fixed it among the first that are recalled?

Bugs of Defects4J (`--defects4j`, one JSON object a line, gzip: project, bug, failure_log,
fix_diff; not copied) are stored as diffs and asked for by their logs, as the product does: a log
is read, and its tests, exceptions and frames are what is searched for. A bug is found where an
item of its diff stands. `--half` measures the projects at odd or even places of the alphabet
only: what was chosen by looking at the even ones is told by the odd ones.
"""

import argparse
import asyncio
import gzip
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import orjson

from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.memory.items.item import Material
from agent_memory.memory.items.kinds import MaterialKind
from agent_memory.memory.items.preparation import prepare
from agent_memory.memory.search.ranking import rank
from agent_memory.memory.search.recalled import Query
from agent_memory.memory.service.understanding import understood
from agent_memory.store.database import Database
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.items import ItemStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.testing.postgres import embedded_database
from benchmarks.harness.lexical_peers import rank_by_bm25s, rank_by_rank_bm25
from benchmarks.harness.report import Report
from benchmarks.harness.run import run
from benchmarks.harness.workplace import scratch_folder

WORKSPACE = WorkspaceId("defects4j")
_FIXED_AT = datetime(2026, 1, 1, tzinfo=UTC)
_LIMIT = 50

Ranking = Sequence[int]
"""Bugs, the best first."""


@dataclass(frozen=True, slots=True)
class Bug:
    project: str
    number: int
    failure_log: str
    fix_diff: str


@dataclass(frozen=True, slots=True)
class Quality:
    """In percent: of the bugs, those whose fix is among the first k."""

    num_bugs: int
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    mrr: float


def main() -> None:
    arguments = _arguments()
    report = Report("recall_defects4j", __doc__, arguments)
    bugs = _read(Path(arguments.defects4j))
    chosen = _choose(bugs, arguments.half)
    everything = asyncio.run(_ask_all(bugs, report))
    qualities = {
        (name, scope): _measure(bugs, rankings, chosen)
        for name, scopes in _methods(bugs, everything).items()
        for scope, rankings in scopes.items()
    }
    report.table(
        ["method", "among", "bugs", "R@1", "R@5", "R@10", "MRR"],
        [
            [name, scope, one.num_bugs, one.recall_at_1, one.recall_at_5, one.recall_at_10, one.mrr]
            for (name, scope), one in qualities.items()
        ],
    )
    report.write({f"{name}, {scope}": one for (name, scope), one in qualities.items()})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--defects4j", required=True, help="bugs (JSON lines, gzip)")
    parser.add_argument("--half", choices=("odd", "even"), help="measure these projects only")
    return parser.parse_args()


def _read(path: Path) -> list[Bug]:
    with gzip.open(path) as lines:
        read = [orjson.loads(line) for line in lines]
    return [
        Bug(one["project"], int(one["bug"]), one["failure_log"], one["fix_diff"]) for one in read
    ]


def _choose(bugs: Sequence[Bug], half: str | None) -> list[int]:
    projects = sorted({bug.project for bug in bugs})
    chosen = set(projects if half is None else projects[half == "even" :: 2])
    return [at for at, bug in enumerate(bugs) if bug.project in chosen]


async def _ask_all(bugs: Sequence[Bug], report: Report) -> dict[str, list[Ranking]]:
    with scratch_folder() as folder, embedded_database(folder / "database") as url:
        database = Database(url)
        try:
            await WorkspaceStore(database).ensure_workspace(WORKSPACE)
            bug_of = await _store(database, bugs)
            report.say(f"{len(bug_of)} items of {len(bugs)} diffs stored")
            search = SearchStore(database, timeout_s=60)
            in_project = [await _ask(search, bug, bug_of, bug.project) for bug in bugs]
            everywhere = [await _ask(search, bug, bug_of, None) for bug in bugs]
        finally:
            await database.close()
    return {"project": in_project, "all": everywhere}


async def _store(database: Database, bugs: Sequence[Bug]) -> Mapping[ItemId, int]:
    """Which bug each stored item fixes."""
    ingestion, items = IngestionStore(database), ItemStore(database)
    bug_of: dict[ItemId, int] = {}
    for at, bug in enumerate(bugs):
        diff = Material(ThreadId(bug.project), MaterialKind.DIFF, bug.fix_diff, _FIXED_AT)
        done = await ingestion.remember(WORKSPACE, [prepare(diff)])
        for item in await items.get_items(WORKSPACE, done.added):
            bug_of[item.item_id] = at
    return bug_of


async def _ask(
    search: SearchStore, bug: Bug, bug_of: Mapping[ItemId, int], project: str | None
) -> Ranking:
    query = Query(
        text=bug.failure_log,
        now=_FIXED_AT + timedelta(days=1),
        thread_ids=() if project is None else (ThreadId(project),),
        limit=_LIMIT,
    )
    query = understood(query)
    found = await search.search(WORKSPACE, query)
    recalled = rank(found.found, replace(query, limit=len(found.found)))
    return list(dict.fromkeys(bug_of[one.item.item_id] for one in recalled))


def _methods(
    bugs: Sequence[Bug], ours: Mapping[str, list[Ranking]]
) -> dict[str, Mapping[str, list[Ranking]]]:
    diffs, logs = [bug.fix_diff for bug in bugs], [bug.failure_log for bug in bugs]
    methods: dict[str, Mapping[str, list[Ranking]]] = {}
    for name, peer in (("rank_bm25", rank_by_rank_bm25), ("bm25s", rank_by_bm25s)):
        if (rankings := peer([diffs], [logs])) is not None:
            everywhere = rankings[0]
            in_project: list[Ranking] = [
                [other for other in ranking if bugs[other].project == bug.project]
                for bug, ranking in zip(bugs, everywhere, strict=True)
            ]
            methods[name] = {"project": in_project, "all": everywhere}
    return {**methods, "agent_memory": ours}


def _measure(bugs: Sequence[Bug], rankings: Sequence[Ranking], chosen: Sequence[int]) -> Quality:
    places = [rankings[at].index(at) if at in rankings[at] else len(bugs) for at in chosen]
    return Quality(
        num_bugs=len(chosen),
        recall_at_1=_percent(place < 1 for place in places),
        recall_at_5=_percent(place < 5 for place in places),
        recall_at_10=_percent(place < 10 for place in places),
        mrr=_percent(1 / (place + 1) if place < len(bugs) else 0.0 for place in places),
    )


def _percent(values: Iterable[float]) -> float:
    return 100 * float(np.mean(list(values)))


if __name__ == "__main__":
    run(main)
