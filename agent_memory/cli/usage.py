"""`agent-memory usage`: what was used, added up."""

from typing import Annotated, Any

import typer

from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import print_json, print_table
from agent_memory.cli.rows import cells
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

app = typer.Typer()

_SUMS = ("requests", "errors", "input_tokens", "cache_read_tokens", "output_tokens", "cost")


@app.command()
def usage(
    by: Annotated[
        str,
        typer.Option(help="Any of day, key, provider, model, agent, session, separated by commas."),
    ] = "day",
    first: Annotated[
        str | None,
        typer.Option("--from", help="First day, such as 2026-01-31 (default: 30 days ago)."),
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last day, in UTC (default: today).")
    ] = None,
    workspace: Annotated[str, typer.Option(help="Workspace to look at.")] = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show requests, tokens and costs of a workspace, added up."""

    async def read(api: MemoryApi) -> dict[str, Any]:
        days: dict[str, Any] = {"from": first, "to": last}
        found: dict[str, Any] = await api.call("GET", "/v1/usage", by=by, **days)
        return found

    found = with_memory(load_settings(data_dir=data_dir), workspace, read)
    if as_json:
        print_json(found)
        return
    names = (*found["by"], *_SUMS)
    columns = tuple(name.replace("_", " ").upper() for name in names)
    print_table(columns, [cells(row, names) for row in found["data"]])
