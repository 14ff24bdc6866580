"""`agent-memory backup`: everything that a server holds, except KV blocks, in one file."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

import agent_memory
from agent_memory.cli.database import open_database
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json
from agent_memory.cli.running import find_server
from agent_memory.errors import Conflict
from agent_memory.store.backup.of_server import back_up

app = typer.Typer()

MIB = 1024 * 1024


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to make, of mode 600.")],
    overwrite: Annotated[bool, typer.Option(help="Replace a file that is there.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Back up everything but KV blocks: sessions, memory, contexts, keys, jobs.

    A server may be running and serve meanwhile: the backup shows one moment. Set
    AGENT_MEMORY_BACKUP_KEY to have the key of secrets in it, sealed.
    """
    settings, path = load_settings(data_dir=data_dir), file.expanduser().absolute()
    if path.exists() and not overwrite:
        raise Conflict(f"{path} exists already. Choose another name, or give --overwrite.")
    with open_database(settings, find_server(settings), may_create=False) as url:
        record = back_up(settings, url, path, agent_memory.__version__, datetime.now(UTC))
    if as_json:
        print_json(asdict(record))
        return
    console().print(f"{path}: {record.num_rows} rows, {record.size / MIB:.1f} MiB.")
    for secret in record.outside:
        console().print(f"Not in it: {secret}. Keep that too.", soft_wrap=True)
