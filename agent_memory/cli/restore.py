"""`agent-memory restore`: a backup into an empty data directory or database."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json
from agent_memory.errors import InvalidRequest
from agent_memory.host.preflight import DataDirLock
from agent_memory.secrets_file import write_private
from agent_memory.settings import Settings
from agent_memory.store.backup.archive import Archive
from agent_memory.store.backup.of_folder import restore_folder
from agent_memory.store.backup.of_server import sealed_key
from agent_memory.store.backup.restoring import restore_database

app = typer.Typer()


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `agent-memory backup` made.")],
    replace: Annotated[
        bool, typer.Option(help="Put a database that is there aside, under another name.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty data directory, or an empty DATABASE_URL.

    The file is verified before anything is written, and the restored rows are compared with it.
    The server must be stopped.
    """
    settings = load_settings(data_dir=data_dir)
    archive = Archive.verified(file.expanduser().absolute())
    key = sealed_key(archive, settings)
    with DataDirLock(settings.home):
        former = _restore(settings, archive, key, may_replace=replace)
    manifest = archive.manifest
    if as_json:
        former_name = None if former is None else str(former)
        answer = {"made_at": manifest.made_at, "num_rows": manifest.num_rows}
        print_json({**answer, "former": former_name, "outside": manifest.outside})
        return
    moment = f"{manifest.made_at:%Y-%m-%d %H:%M:%S} UTC"
    console().print(f"Restored {manifest.num_rows} rows of {moment} (all digests agree).")
    if former is not None:
        console().print(f"The former database is in {former}: delete it when you are content.")
    for secret in manifest.outside:
        console().print(f"Not in the backup: {secret}.", soft_wrap=True)


def _restore(
    settings: Settings, archive: Archive, key: str | None, *, may_replace: bool
) -> Path | None:
    if settings.database_url is None:
        now = datetime.now(UTC)
        return restore_folder(archive, settings.home, key, now, may_replace=may_replace)
    if may_replace:
        raise InvalidRequest("Where DATABASE_URL is set, give an empty database.", "replace")
    restore_database(archive, settings.database_url)
    if key is not None:
        write_private(settings.home / "run" / "providers.key", key.encode())
    return None
