"""`agent-memory audit`: who changed which key, limit, budget or workspace."""

from typing import Annotated, Any

import orjson
import typer

from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json, print_table
from agent_memory.cli.rows import cells, minute
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

app = typer.Typer(no_args_is_help=True)

Workspace = Annotated[str, typer.Option(help="Workspace to look at.")]


@app.command(name="list")
def list_entries(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, newest first.")] = 50,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List the entries, newest first."""

    async def read(api: MemoryApi) -> list[dict[str, Any]]:
        page: dict[str, Any] = await api.call("GET", "/v1/admin/audit", limit=limit)
        entries: list[dict[str, Any]] = page["data"]
        return entries

    found = with_memory(load_settings(data_dir=data_dir), workspace, read)
    if as_json:
        print_json(found)
        return
    columns = ("NO", "AT", "ACTOR", "ACTION", "SUBJECT", "DETAIL")
    names = ("number", "at", "actor", "action", "subject", "detail")
    rows = [
        cells(
            {**one, "at": minute(one["at"]), "detail": orjson.dumps(one["detail"]).decode()}, names
        )
        for one in found
    ]
    print_table(columns, rows)


@app.command()
def verify(
    workspace: Workspace = DEFAULT_WORKSPACE, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Check that no entry was changed, left out or cut off. Exit code 1 when one was."""

    async def check(api: MemoryApi) -> dict[str, Any]:
        found: dict[str, Any] = await api.call("GET", "/v1/admin/audit/verify")
        return found

    verdict = with_memory(load_settings(data_dir=data_dir), workspace, check)
    if as_json:
        print_json(verdict)
    elif verdict["is_whole"]:
        count, head = verdict["num_entries"], verdict["head"]
        console().print(f"{count} entries are as they were written. The last hash is {head}.")
    else:
        console().print(f"Entry {verdict['broken_at']} is not as it was written.")
    if not verdict["is_whole"]:
        raise typer.Exit(1)
