"""`agent-memory keys`: the API keys of a data directory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from agent_memory.access.key_bounds import KeyBounds
from agent_memory.access.principal import ApiKeyRecord, Scope
from agent_memory.api.translators.key_defaults import key_defaults
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

KeyIdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Id of the key, from `keys list`.")
]


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
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A model that it may use, or a pattern such as 'anthropic/*'; repeat for several "
            "(default: all).",
            show_default=False,
        ),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(
            help="An address or network that it may be used from; repeat for several (default: "
            "all).",
            show_default=False,
        ),
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option(
            help="A context that its turns read when they do not say, such as team/rules or plan@7;"
            " repeat for several (default: none).",
            show_default=False,
        ),
    ] = None,
    memory_tool: Annotated[
        str | None,
        typer.Option(
            metavar="STORE",
            help="Memory store with which the server runs Claude's memory tool for its turns "
            "(default: the client runs it).",
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
    defaults = key_defaults(context, memory_tool, scopes)

    async def make(database: Database) -> tuple[ApiKeyRecord, str]:
        place = await WorkspaceStore(database).ensure_workspace(WorkspaceId(workspace))
        bounds = KeyBounds(_tuple(model), _tuple(address))
        return await KeyStore(database).create_key(
            place, name, scopes, expires_at, memory, bounds, defaults=defaults
        )

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
def rotate(
    key_id: KeyIdArgument,
    overlap: Annotated[
        str | None,
        typer.Option(
            help="For how long the old secret opens too, such as 1h (default: not at all).",
            show_default=False,
        ),
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Give a key a new secret, which is shown this once. Its id, limits and budgets stay."""
    settings = load_settings(data_dir=data_dir)
    length = timedelta(0) if overlap is None else parse_duration(overlap)

    async def change(database: Database) -> tuple[ApiKeyRecord, str]:
        return await KeyStore(database).rotate_key(WorkspaceId(workspace), KeyId(key_id), length)

    record, key = with_database(settings, find_server(settings), change)
    if as_json:
        print_json({**_json(record), "key": key})
        return
    console().print(key, soft_wrap=True)
    console().print(f"Shown this once: keep it. Its id is {record.key_id}.", style="dim")


@app.command()
def disable(
    key_id: KeyIdArgument,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a key until it is enabled again; a running server notices within two seconds."""
    _switch(key_id, workspace, data_dir, as_json, disabled_at=datetime.now(UTC))


@app.command()
def enable(
    key_id: KeyIdArgument,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Let a disabled key open again."""
    _switch(key_id, workspace, data_dir, as_json, disabled_at=None)


@app.command()
def revoke(
    key_id: KeyIdArgument,
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
    if record.disabled_at is not None:
        return "disabled"
    if record.expires_at is None:
        return "valid"
    return "expired" if record.expires_at <= now else f"valid until {_minute(record.expires_at)}"


def _switch(
    key_id: str,
    workspace: str,
    data_dir: Path | None,
    as_json: bool,
    *,
    disabled_at: datetime | None,
) -> None:
    settings = load_settings(data_dir=data_dir)

    async def change(database: Database) -> ApiKeyRecord:
        return await KeyStore(database).change_key(
            WorkspaceId(workspace),
            KeyId(key_id),
            lambda record: replace(record, disabled_at=disabled_at),
        )

    record = with_database(settings, find_server(settings), change)
    if as_json:
        print_json(_json(record))
        return
    word = "Enabled" if disabled_at is None else "Disabled"
    console().print(f"{word} {record.key_id} ({record.name}).")


def _tuple(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return tuple(names) if names else None


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
        "contexts": list(record.defaults.contexts),
        "memory_tool": record.defaults.memory_tool,
        "disabled_at": record.disabled_at,
        "previous_secret_until": record.previous_until,
        "models": record.bounds.models,
        "addresses": record.bounds.addresses,
    }


def _minute(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
