"""`agent-memory keys`: the API keys of a data directory."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from agent_memory.access.principal import ApiKeyRecord, Scope
from agent_memory.api.translators.memory_words import memory_of_header
from agent_memory.cli.database import with_database
from agent_memory.cli.durations import parse_duration
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json, print_table
from agent_memory.cli.running import find_server
from agent_memory.errors import InvalidRequest
from agent_memory.ids import KeyId, WorkspaceId
from agent_memory.store.database import Database
from agent_memory.store.keys import KeyStore
from agent_memory.store.workspaces import DEFAULT_WORKSPACE, WorkspaceStore

app = typer.Typer(no_args_is_help=True)

Workspace = Annotated[str, typer.Option(help="Workspace of the keys; two share nothing.")]


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Purpose of the key.")],
    scope: Annotated[
        list[Scope] | None,
        typer.Option(
            help="What it may do; repeat for several (default: inference, sessions and memory). "
            "admin: everything of its workspace; operator: the machine."
        ),
    ] = None,
    expires_in: Annotated[
        str | None, typer.Option(help="Such as 12h or 30d (default: never).", show_default=False)
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            help="What its turns ask of memory when they do not say, as the header X-Agent-Memory "
            "does: recall, or 'recall; thread_id=shop; token_budget=512' (default: nothing).",
            show_default=False,
        ),
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown this once: only its hash is stored."""
    settings = load_settings(data_dir=data_dir)
    expires_at = None if expires_in is None else datetime.now(UTC) + parse_duration(expires_in)
    scopes = scope or [Scope.INFERENCE, Scope.SESSIONS, Scope.MEMORY, Scope.CONTEXTS]
    if memory is not None:
        _check_memory(memory, scopes)

    async def make(database: Database) -> tuple[ApiKeyRecord, str]:
        place = await WorkspaceStore(database).ensure_workspace(WorkspaceId(workspace))
        return await KeyStore(database).create_key(place, name, scopes, expires_at, memory)

    record, key = with_database(settings, find_server(settings), make, may_create=True)
    if as_json:
        print_json({**_json(record), "key": key})
        return
    console().print(key, soft_wrap=True)
    console().print(f"Shown this once: keep it. Its id is {record.key_id}.", style="dim")


@app.command(name="list")
def list_keys(
    workspace: Workspace = DEFAULT_WORKSPACE, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """List the keys, revoked ones too."""
    settings = load_settings(data_dir=data_dir)

    async def read(database: Database) -> tuple[ApiKeyRecord, ...]:
        return await KeyStore(database).list_keys(WorkspaceId(workspace))

    records = with_database(settings, find_server(settings), read)
    if as_json:
        print_json([_json(record) for record in records])
        return
    now = datetime.now(UTC)
    print_table(
        ("ID", "NAME", "SCOPES", "CREATED", "LAST USED", "STATE"),
        [
            (
                record.key_id,
                record.name,
                " ".join(sorted(record.scopes)),
                _minute(record.created_at),
                _minute(record.last_used_at),
                state_of(record, now),
            )
            for record in records
        ],
    )


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the key, from `keys list`.")],
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """End a key for good; a running server notices within two seconds."""
    settings = load_settings(data_dir=data_dir)

    async def end(database: Database) -> ApiKeyRecord:
        return await KeyStore(database).revoke_key(WorkspaceId(workspace), KeyId(key_id))

    record = with_database(settings, find_server(settings), end)
    if as_json:
        print_json(_json(record))
        return
    console().print(f"Revoked {record.key_id} ({record.name}).")


def state_of(record: ApiKeyRecord, now: datetime) -> str:
    """One word, and for a key that will expire the time."""
    if record.revoked_at is not None:
        return "revoked"
    if record.expires_at is None:
        return "valid"
    return "expired" if record.expires_at <= now else f"valid until {_minute(record.expires_at)}"


def _check_memory(memory: str, scopes: Sequence[Scope]) -> None:
    if memory_of_header(memory) is not None and not {Scope.MEMORY, Scope.ADMIN} & set(scopes):
        raise InvalidRequest("A key with --memory needs the scope 'memory'.", "memory")


def _json(record: ApiKeyRecord) -> dict[str, object]:
    return {
        "id": record.key_id,
        "workspace": record.workspace_id,
        "name": record.name,
        "scopes": sorted(record.scopes),
        "created_at": record.created_at,
        "expires_at": record.expires_at,
        "revoked_at": record.revoked_at,
        "last_used_at": record.last_used_at,
        "memory": record.memory,
    }


def _minute(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
