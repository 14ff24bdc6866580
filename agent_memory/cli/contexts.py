"""`agent-memory contexts`: named, versioned documents that agents share."""

import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import orjson
import typer

from agent_memory.cli import context_files, context_search, context_watch
from agent_memory.cli.context_input import content_of, text_of
from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json, print_table, printable
from agent_memory.errors import InvalidRequest
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

app = typer.Typer(no_args_is_help=True)
app.command()(context_watch.watch)
app.command()(context_search.search)
app.command(name="export")(context_files.export)
app.command(name="import")(context_files.import_)

Key = Annotated[str, typer.Argument(metavar="KEY", help="Name of the context.")]
Workspace = Annotated[str, typer.Option(help="Workspace of the contexts.")]
Match = Annotated[
    str | None,
    typer.Option("--if-match", help="Only at this version, ETag or SHA-256.", show_default=False),
]
_COLLECTION = "/v1/contexts"


@app.command()
def put(
    key: Key,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="Content; - is a pipe.")] = "-",
    data: Annotated[
        str | None, typer.Option(help="The content itself, as JSON.", show_default=False)
    ] = None,
    text: Annotated[
        str | None, typer.Option(help="The content itself, as text.", show_default=False)
    ] = None,
    media_type: Annotated[
        str | None, typer.Option("--type", help="Media type of the content.", show_default=False)
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    session: Annotated[str | None, typer.Option(show_default=False)] = None,
    agent: Annotated[str | None, typer.Option(show_default=False)] = None,
    ttl: Annotated[
        int | None, typer.Option(min=1, help="Seconds to live.", show_default=False)
    ] = None,
    sliding: Annotated[bool, typer.Option("--sliding", help="Live on with each read.")] = False,
    encrypt: Annotated[
        bool | None, typer.Option("--encrypt/--no-encrypt", show_default=False)
    ] = None,
    keep: Annotated[
        str | None, typer.Option(help="Versions to keep: 1 to 1000, or all.", show_default=False)
    ] = None,
    if_match: Match = None,
    if_absent: Annotated[bool, typer.Option("--if-absent", help="Only if it is new.")] = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write a new version, or a new context. Without --data, --text or FILE, read a pipe."""
    kind, content = content_of(file, data, text, media_type)
    params = [
        ("raw", "true"),
        *(("tag", one) for one in tag or ()),
        *_named(session_id=session, agent_id=agent, ttl_s=ttl, encrypt=encrypt, keep_versions=keep),
        *_named(sliding=True if sliding else None),
    ]
    headers = {"Content-Type": kind, **_conditions(if_match, if_absent=if_absent)}
    answer = _send(data_dir, workspace, "PUT", _path(key), content, headers, params, creates=True)
    _tell(orjson.loads(answer), as_json=as_json)


@app.command()
def get(
    key: Key,
    version: Annotated[int | None, typer.Option(min=1, show_default=False)] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write the content to standard output, byte for byte; with --json, all that is known of it."""
    params = [*_named(version=version), *_named(raw=None if as_json else True)]
    answer = _send(data_dir, workspace, "GET", _path(key), params=params)
    if as_json:
        print_json(orjson.loads(answer))
        return
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


@app.command()
def patch(
    key: Key,
    change: Annotated[
        str, typer.Argument(metavar="PATCH|-", help="JSON: an object is merged, an array done.")
    ] = "-",
    if_match: Match = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Change a JSON document by a merge patch (RFC 7396) or a JSON Patch (RFC 6902)."""
    headers = {"Content-Type": "application/json", **_conditions(if_match)}
    answer = _send(data_dir, workspace, "PATCH", _path(key), text_of(change), headers)
    _tell(orjson.loads(answer), as_json=as_json)


@app.command(name="list")
def list_(
    prefix: Annotated[str, typer.Option(help="Beginning of the keys.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    session: Annotated[str | None, typer.Option(show_default=False)] = None,
    agent: Annotated[str | None, typer.Option(show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List contexts by key."""
    params = [
        *(("tag", one) for one in tag or ()),
        *_named(prefix=prefix, session_id=session, agent_id=agent, limit=limit),
    ]
    page = orjson.loads(_send(data_dir, workspace, "GET", _COLLECTION, params=params))
    if as_json:
        print_json(page["data"])
        return
    print_table(
        ("ID", "VERSION", "SIZE", "UPDATED", "TAGS"),
        [(printable(one["key"]), *_of_version(one)) for one in page["data"]],
    )
    if page["next_cursor"]:
        console().print(f"There are more than {limit}.")


@app.command()
def versions(
    key: Key,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List the versions that are kept, the newest first."""
    path = f"{_path(key)}/versions"
    page = orjson.loads(_send(data_dir, workspace, "GET", path, params=_named(limit=limit)))
    if as_json:
        print_json(page["data"])
        return
    print_table(
        ("VERSION", "SIZE", "UPDATED", "TAGS", "CAUSE", "BY"),
        [(*_of_version(one), one["cause"], one["updated_by"]) for one in page["data"]],
    )


@app.command()
def diff(
    key: Key,
    before: Annotated[int | None, typer.Option("--from", min=1, show_default=False)] = None,
    after: Annotated[int | None, typer.Option("--to", min=1, show_default=False)] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compare two versions; by default the present one with the one before it."""
    params = [*_named(to=after), *([] if before is None else [("from", str(before))])]
    path = f"{_path(key)}/diff"
    found = orjson.loads(_send(data_dir, workspace, "GET", path, params=params))
    if as_json:
        print_json(found)
    elif isinstance(found["diff"], str):
        console().print(printable(found["diff"]), soft_wrap=True, end="")
    else:
        for operation in found["diff"] or ():
            console().print(orjson.dumps(operation).decode(), soft_wrap=True)


@app.command()
def rollback(
    key: Key,
    version: Annotated[int, typer.Argument(min=1, help="The version to bring back.")],
    if_match: Match = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a new version with the content of an earlier one."""
    headers = {"Content-Type": "application/json", **_conditions(if_match)}
    body = orjson.dumps({"version": version})
    answer = _send(data_dir, workspace, "POST", f"{_path(key)}/rollback", body, headers)
    _tell(orjson.loads(answer), as_json=as_json)


@app.command()
def delete(
    key: Annotated[
        str | None, typer.Argument(metavar="KEY", help="Name of the context.", show_default=False)
    ] = None,
    prefix: Annotated[
        str | None, typer.Option(help="Delete all whose keys begin so.", show_default=False)
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=0, help="How many that are.", show_default=False)
    ] = None,
    erase: Annotated[bool, typer.Option("--erase", help="Keep no version at all.")] = False,
    if_match: Match = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Delete a context or, with --prefix and --count, several."""
    if (key is None) == (prefix is None) or (prefix is None) != (count is None):
        raise InvalidRequest("Name a KEY, or --prefix with --count.", "key")
    params = [*_named(prefix=prefix, count=count), *_named(erase=True if erase else None)]
    path = _COLLECTION if key is None else _path(key)
    headers = _conditions(if_match)
    done = orjson.loads(_send(data_dir, workspace, "DELETE", path, None, headers, params))
    if as_json:
        print_json(done)
    elif key is None:
        console().print(f"Deleted {done['deleted']} contexts.")
    else:
        console().print(f"Deleted {printable(key)}.", soft_wrap=True)


@app.command()
def stats(
    session: Annotated[str | None, typer.Option(show_default=False)] = None,
    agent: Annotated[str | None, typer.Option(show_default=False)] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show how many contexts there are, how large they are, and how they are used."""
    params = _named(session_id=session, agent_id=agent)
    path = f"{_COLLECTION}/analytics"
    found = orjson.loads(_send(data_dir, workspace, "GET", path, params=params))
    if as_json:
        print_json(found)
        return
    counted = ("contexts", "versions", "bytes", "stored_bytes", "encrypted", "reads", "hit_rate")
    print_table(("WHAT", "VALUE"), [(name, str(found[name])) for name in counted])
    if found["most_read"]:
        print_table(
            ("ID", "READS"),
            [(printable(one["key"]), str(one["reads"])) for one in found["most_read"]],
        )


@app.command()
def reseal(
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Encrypt again, with the first of the keys, what another one has encrypted."""

    async def work(memory: MemoryApi) -> int:
        num_resealed = 0
        while True:
            done = await memory.call("POST", f"{_COLLECTION}/reseal", {"limit": 100})
            num_resealed += int(done["resealed"])
            if not done["has_more"]:
                return num_resealed

    num_resealed = with_memory(load_settings(data_dir=data_dir), workspace, work)
    if as_json:
        print_json({"resealed": num_resealed})
    else:
        console().print(f"{num_resealed} versions were encrypted again.")


def _send(
    data_dir: Path | None,
    workspace: str,
    method: str,
    path: str,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
    params: list[tuple[str, str]] | None = None,
    *,
    creates: bool = False,
) -> bytes:
    async def work(memory: MemoryApi) -> bytes:
        return await memory.send(method, path, content, headers, params or ())

    settings = load_settings(data_dir=data_dir)
    return with_memory(settings, workspace, work, may_create=creates)


def _path(key: str) -> str:
    return f"{_COLLECTION}/{quote(key, safe='/')}"


def _named(**params: str | int | bool | None) -> list[tuple[str, str]]:
    """Query parameters; those that are None are left out."""
    return [
        (name, str(value).lower() if isinstance(value, bool) else str(value))
        for name, value in params.items()
        if value is not None
    ]


def _conditions(if_match: str | None, *, if_absent: bool = False) -> dict[str, str]:
    return {
        **({} if if_match is None else {"If-Match": if_match}),
        **({"If-None-Match": "*"} if if_absent else {}),
    }


def _of_version(one: dict[str, Any]) -> tuple[str, str, str, str]:
    return (
        str(one["version"]),
        str(one["size"]),
        one["updated_at"][:16].replace("T", " "),
        printable(" ".join(one["tags"])),
    )


def _tell(receipt: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(receipt)
        return
    console().print(f"{printable(receipt['key'])} is at version {receipt['version']}.")
