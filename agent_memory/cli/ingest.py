"""`agent-memory ingest`: remember files, folders, or a pipe."""

from collections import Counter
from typing import Annotated, Any, Literal
from uuid import uuid4

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from agent_memory.cli.ingest_sources import Source, bodies, find_sources
from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

app = typer.Typer(add_completion=False)

Workspace = Annotated[str, typer.Option(help="Workspace of the memory.")]


@app.command()
def ingest(
    places: Annotated[
        list[str], typer.Argument(metavar="FILE|FOLDER|-", help="Text to remember; - is a pipe.")
    ],
    thread: Annotated[
        str, typer.Option(help="The conversation or line of work it belongs to.")
    ] = "cli",
    kind: Annotated[
        Literal["jsonl", "diffs", "logs", "text"] | None,
        typer.Option(
            help="Kind of the text, if the file's name does not tell.", show_default=False
        ),
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Remember conversations (JSON lines), diffs, logs and text. The same again adds nothing."""
    settings = load_settings(data_dir=data_dir)
    sources = [source for place in places for source in find_sources(place, kind)]

    async def work(memory: MemoryApi) -> dict[str, Any]:
        return await _ingest_all(memory, sources, thread, shows_progress=not as_json)

    report = with_memory(settings, workspace, work, may_create=True)
    if as_json:
        print_json(report)
        return
    out = console()
    counts = report["counts"]
    out.print(
        f"{report['files']} files: {counts['added']} items added, {counts['updated']} updated, "
        f"{counts['known']} known before."
    )
    for name, count in report["redactions"].items():
        out.print(f"Removed before storage: {count} of {name}.")
    for note in report["notes"]:
        out.print(f"Note: {note}", soft_wrap=True)


async def _ingest_all(
    memory: MemoryApi, sources: list[Source], thread: str, *, shows_progress: bool
) -> dict[str, Any]:
    counts = Counter[str]()
    redactions = Counter[str]()
    notes: list[str] = []
    with _progress(shows_progress) as progress:  # with keys: files are records, not talk
        task = progress.add_task("Remembering", total=len(sources))
        for source in sources:
            for body in bodies(source, thread):
                headers = {"Idempotency-Key": f"ingest-{uuid4().hex}"}
                done = await memory.call("POST", "/v1/ingest", body, headers)
                counts.update(
                    {name: done["counts"][name] for name in ("added", "updated", "known")}
                )
                redactions.update(done["redactions"])
                notes += [f"{source.name}: {note}" for note in done["notes"]]
            progress.advance(task)
    return {
        "files": len(sources),
        "counts": {name: counts[name] for name in ("added", "updated", "known")},
        "redactions": dict(redactions),
        "notes": notes,
    }


def _progress(shows: bool) -> Progress:
    """A bar on a terminal, on standard error; nothing anywhere else."""
    err = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=not (shows and err.is_terminal),
        transient=True,
    )
