"""`agent-memory ingest`: remember files, folders, or a pipe."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import uuid4

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from agent_memory.cli import git_history
from agent_memory.cli.git_history import read_commits
from agent_memory.cli.ingest_sources import Body, bodies, find_sources
from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json
from agent_memory.errors import InvalidRequest
from agent_memory.memory.importing.note_date import NOON
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

app = typer.Typer(add_completion=False)

Workspace = Annotated[str, typer.Option(help="Workspace of the memory.")]


@app.command()
def ingest(
    places: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE|FOLDER|-", help="Text to remember; - is a pipe.", show_default=False
        ),
    ] = None,
    thread: Annotated[
        str | None,
        typer.Option(
            help="The conversation or line of work it belongs to (default: the conversations of "
            "an export each their own, commits `git.FOLDER`, all else `cli`).",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        Literal[
            "jsonl",
            "diffs",
            "logs",
            "text",
            "claude-code",
            "codex",
            "chatgpt",
            "claude",
            "discord",
            "slack",
            "whatsapp",
        ]
        | None,
        typer.Option(
            help="Kind of the text, if neither the file's name nor what stands in it tells.",
            show_default=False,
        ),
    ] = None,
    git: Annotated[
        str | None,
        typer.Option(
            metavar="RANGE",
            help="Commits to remember, such as v1.0..HEAD: their messages and changes.",
            show_default=False,
        ),
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Of a folder: read files of these names too, such as '*.py'.",
            show_default=False,
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Of a folder: leave these out.", show_default=False),
    ] = None,
    date: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Day of notes, diffs and logs that have none: no time in them, in their front "
            "matter or in their name.",
            show_default=False,
        ),
    ] = None,
    repository: Annotated[Path, typer.Option(help="Of --git: the repository.")] = Path(),
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Remember conversations (JSON lines), diffs, logs and text; transcripts of Claude Code and
    Codex, exports of ChatGPT, Claude, Slack, Discord and WhatsApp; commits. The same again adds
    nothing.

    Of a folder, hidden, ignored (.gitignore) and binary files are skipped, and counted."""
    settings = load_settings(data_dir=data_dir)
    if not places and git is None:
        raise InvalidRequest("Name a file, a folder, - or --git RANGE.", "places")
    skipped = Counter[str]()
    find = partial(
        find_sources, kind=kind, include=include or (), exclude=exclude or (), skipped=skipped
    )
    day = None if date is None else f"{date:%Y-%m-%d}{NOON}"
    sources = [replace(source, date=day) for place in places or () for source in find(place)]
    texts: list[Text] = [
        (source.name, partial(bodies, source, thread), source.skipped) for source in sources
    ]
    if git is not None:
        commits = read_commits(git, repository)
        texts.append((git, partial(git_history.bodies, commits, thread, repository), Counter()))

    async def work(memory: MemoryApi) -> dict[str, Any]:
        return await _ingest_all(memory, texts, shows_progress=not as_json)

    report = with_memory(settings, workspace, work, may_create=True)
    report["skipped"] = dict(skipped)
    if as_json:
        print_json(report)
        return
    out = console()
    counts = report["counts"]
    out.print(
        f"{report['files']} files: {counts['added']} items added, {counts['updated']} updated, "
        f"{counts['known']} known before."
    )
    if skipped:
        told = ", ".join(f"{count} {reason}" for reason, count in skipped.items())
        out.print(f"Skipped: {told}.", soft_wrap=True)
    for name, count in report["redactions"].items():
        out.print(f"Removed before storage: {count} of {name}.")
    for note in report["notes"]:
        out.print(f"Note: {note}", soft_wrap=True)


Text = tuple[str, Callable[[], Iterator[Body]], Counter[str]]
"""What is shown of it, its bodies, and what was left out, once they are read."""


async def _ingest_all(
    memory: MemoryApi, texts: Sequence[Text], *, shows_progress: bool
) -> dict[str, Any]:
    counts = Counter[str]()
    redactions = Counter[str]()
    notes: list[str] = []
    with _progress(shows_progress) as progress:  # with keys: files are records, not talk
        task = progress.add_task("Remembering", total=len(texts))
        for name, bodies_of, skipped in texts:
            for number, body in enumerate(bodies_of(), 1):
                progress.update(task, description=f"Remembering {name}, part {number}")
                headers = {"Idempotency-Key": f"ingest-{uuid4().hex}"}
                done = await memory.call("POST", "/v1/ingest", body, headers)
                counts.update(
                    {count: done["counts"][count] for count in ("added", "updated", "known")}
                )
                redactions.update(done["redactions"])
                notes += [f"{name}: {note}" for note in done["notes"]]
            notes += [f"{name}: left out {count} {what}" for what, count in skipped.items()]
            progress.advance(task)
    return {
        "files": len(texts),
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
