"""`agent-memory sessions fork | export | import`: sessions that become others."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from agent_memory.cli.agent_client import AgentClient
from agent_memory.cli.endpoint import Key, Url, server_client
from agent_memory.cli.options import AsJson, DataDir
from agent_memory.cli.output import console, print_json
from agent_memory.errors import InvalidRequest

Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the session.")]
Name = Annotated[str | None, typer.Option("--as", help="Id of the new session.")]


def fork(
    session: Id,
    turns: Annotated[
        int | None, typer.Option(min=0, help="Begin as it stood after so many turns.")
    ] = None,
    name: Name = None,
    data_dir: DataDir = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Fork a session, as it stands or stood.

    Needs a running server. What was computed for the one is not computed again for the other.
    """
    with server_client(data_dir, url, key) as http:
        forked = AgentClient(http).fork(session, name, turns)
    _tell(forked, "Forked: {id} begins after {num_turns} turns.", as_json=as_json)


def export(
    session: Id,
    file: Annotated[Path, typer.Argument(help="File to write, or - for standard output.")],
    data_dir: DataDir = None,
    url: Url = None,
    key: Key = None,
) -> None:
    """Write a session with its KV cache to a file, for `import` here or on another server.

    Needs a running server.
    """
    with (
        server_client(data_dir, url, key, None) as http,
        AgentClient(http).export(session) as pieces,
    ):
        num_bytes = _write(file, pieces)
    if not _is_pipe(file):
        console().print(f"Exported {session} to {file}, {num_bytes} bytes.", soft_wrap=True)


def import_(
    file: Annotated[Path, typer.Argument(help="An exported session.", exists=True, dir_okay=False)],
    name: Name = None,
    data_dir: DataDir = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Take in a session that was exported here or elsewhere, as a new one.

    Needs a running server. Import only files that you trust: whether their KV cache is what the
    model would have computed cannot be checked.
    """
    with server_client(data_dir, url, key, None) as http, file.open("rb") as archive:
        arrived = AgentClient(http).take_in(archive, name)
    line = "Imported: {id}, with {num_cached_tokens} tokens that need not be computed again."
    _tell(arrived, line, as_json=as_json)


def _is_pipe(file: Path) -> bool:
    return str(file) == "-"


def _write(file: Path, pieces: Iterator[bytes]) -> int:
    """Write a whole file or none; returns its size in bytes."""
    if _is_pipe(file):
        return sum(map(sys.stdout.buffer.write, pieces))
    staging = file.with_name(f"{file.name}.part")
    try:
        with staging.open("wb") as part:
            num_bytes = sum(map(part.write, pieces))
        staging.replace(file)
    except OSError as error:
        message = f"{file} cannot be written: {error.strerror}."
        raise InvalidRequest(message, "file") from error
    finally:
        staging.unlink(missing_ok=True)
    return num_bytes


def _tell(session: dict[str, Any], line: str, *, as_json: bool) -> None:
    if as_json:
        print_json(session)
        return
    console().print(line.format(**session), soft_wrap=True)
    if session.get("note"):
        console().print(session["note"], soft_wrap=True)
