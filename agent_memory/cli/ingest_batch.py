"""`agent-memory ingest-batch`: a folder of files, in parallel over the memory actors."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from agent_memory.api.json_body import parse_body
from agent_memory.api.limits import Limits
from agent_memory.api.schemas.memory.ingest import IngestBody
from agent_memory.api.translators.memory_ingest import ingest_request
from agent_memory.cli.batch import PER_ACTOR, Told, run_on_pool, spread
from agent_memory.cli.done_list import DoneList
from agent_memory.cli.ingest_sources import Body, Source, bodies, find_sources
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json
from agent_memory.ids import WorkspaceId
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from agent_memory.actors.memory_handle import MemoryPool

app = typer.Typer(add_completion=False)

Piece = tuple[str, Body]


@app.command(name="ingest-batch")
def ingest_batch(
    folder: Annotated[str, typer.Argument(help="Its files, and those of its folders.")],
    state: Annotated[
        Path | None,
        typer.Option(
            help="List of finished pieces, to resume from (default: FOLDER.done beside it).",
            show_default=False,
        ),
    ] = None,
    thread: Annotated[str, typer.Option(help="Thread of files that name none.")] = "batch",
    num_actors: Annotated[
        int | None, typer.Option("--actors", min=1, max=256, help="Size of the pool.")
    ] = None,
    workspace: Annotated[str, typer.Option(help="Workspace of the memory.")] = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Remember a folder in parallel. A killed batch resumes where it stopped."""
    settings = load_settings(data_dir=data_dir)
    sources = find_sources(folder)
    counts = Counter[str]()

    async def work(pool: "MemoryPool") -> None:
        told = Told("pieces remembered")
        with DoneList(state or _beside(folder)) as done:

            async def ingest(piece: Piece) -> None:
                name, body = piece
                request = ingest_request(parse_body(orjson.dumps(body), IngestBody, Limits()))
                remembered = (await pool.ingest(WorkspaceId(workspace), request)).remembered
                counts["added"] += len(remembered.added)
                counts["updated"] += len(remembered.updated)
                counts["known"] += remembered.num_known
                done.add(name)

            await spread(_pieces(sources, thread, done), ingest, pool.num_actors * PER_ACTOR, told)
        told.tell()
        counts["pieces"] = told.num_done

    run_on_pool(settings, workspace, num_actors, work)
    if as_json:
        names = ("pieces", "added", "updated", "known")
        print_json({"files": len(sources), **{name: counts[name] for name in names}})
        return
    console().print(
        f"{len(sources)} files, {counts['pieces']} pieces: {counts['added']} items added, "
        f"{counts['updated']} updated, {counts['known']} known before."
    )


def _pieces(sources: list[Source], thread: str, done: DoneList) -> Iterator[Piece]:
    for source in sources:
        for number, body in enumerate(bodies(source, thread)):
            name = f"{source.name}#{number} {_fingerprint(body)}"
            if name not in done:
                yield name, body


def _fingerprint(body: Body) -> str:
    """So that a piece is done again when its file has grown or changed."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _beside(folder: str) -> Path:
    place = Path(folder).resolve()
    return place.with_name(f"{place.name}.done")
