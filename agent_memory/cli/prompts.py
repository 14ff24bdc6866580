"""`agent-memory prompts`: whose prompts are logged, and what was."""

from typing import Annotated, Any

import typer

from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json, print_table
from agent_memory.cli.rows import cells, minute
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

app = typer.Typer(no_args_is_help=True)

Workspace = Annotated[str, typer.Option(help="Workspace to look at.")]
OfKey = Annotated[str | None, typer.Option("--key-id", help="Only those of this key.")]
OfSession = Annotated[str | None, typer.Option("--session", help="Only those of this session.")]
_PATH = "/v1/admin/prompts"


@app.command()
def policy(
    enabled: Annotated[
        bool | None, typer.Option("--on/--off", help="Log the prompts of all keys, or of none.")
    ] = None,
    on_for: Annotated[
        list[str] | None, typer.Option(help="Log those of this key; repeatable.")
    ] = None,
    off_for: Annotated[
        list[str] | None, typer.Option(help="Never those of this key; repeatable.")
    ] = None,
    keep_days: Annotated[int | None, typer.Option(min=1, help="Erase them after so long.")] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show whose prompts are logged, or change that. Off by default."""
    asked = {
        "enabled": enabled,
        "on_for_keys": on_for,
        "off_for_keys": off_for,
        "keep_days": keep_days,
    }
    changes = {name: value for name, value in asked.items() if value is not None}

    async def change(api: MemoryApi) -> dict[str, Any]:
        found: dict[str, Any] = await api.call("GET", f"{_PATH}/policy")
        if not changes:
            return found
        kept = {name: found[name] for name in asked}
        changed: dict[str, Any] = await api.call("PUT", f"{_PATH}/policy", {**kept, **changes})
        return changed

    found = with_memory(load_settings(data_dir=data_dir), workspace, change)
    if as_json:
        print_json(found)
        return
    word = "on" if found["enabled"] else "off"
    console().print(f"Prompts are logged: {word}. Kept for {found['keep_days']} days.")
    for name, said in (("on_for_keys", "on"), ("off_for_keys", "off")):
        if found[name]:
            console().print(f"{said} for {', '.join(found[name])}")


@app.command(name="list")
def list_prompts(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, newest first.")] = 50,
    key_id: OfKey = None,
    session: OfSession = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List logged prompts, newest first."""

    async def read(api: MemoryApi) -> list[dict[str, Any]]:
        page: dict[str, Any] = await api.call(
            "GET", _PATH, limit=limit, key_id=key_id, session_id=session
        )
        prompts: list[dict[str, Any]] = page["data"]
        return prompts

    found = with_memory(load_settings(data_dir=data_dir), workspace, read)
    if as_json:
        print_json(found)
        return
    columns = ("ID", "AT", "KEY", "PROVIDER", "MODEL", "STATUS", "ANSWER")
    names = ("id", "at", "key_id", "provider", "model", "status", "answer")
    rows = [
        cells({**one, "at": minute(one["at"]), "answer": one["answer"][:60]}, names)
        for one in found
    ]
    print_table(columns, rows)


@app.command()
def show(
    prompt_id: Annotated[str, typer.Argument(metavar="ID", help="From `prompts list`.")],
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
) -> None:
    """Show one logged prompt and its answer, as JSON."""

    async def read(api: MemoryApi) -> dict[str, Any]:
        found: dict[str, Any] = await api.call("GET", f"{_PATH}/{prompt_id}")
        return found

    print_json(with_memory(load_settings(data_dir=data_dir), workspace, read))


@app.command()
def erase(
    key_id: OfKey = None,
    session: OfSession = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Erase logged prompts: all of the workspace, or those of a key or a session."""

    async def drop(api: MemoryApi) -> dict[str, Any]:
        done: dict[str, Any] = await api.call("DELETE", _PATH, key_id=key_id, session_id=session)
        return done

    done = with_memory(load_settings(data_dir=data_dir), workspace, drop)
    if as_json:
        print_json(done)
        return
    console().print(f"Erased {done['num_prompts']} prompts.")
