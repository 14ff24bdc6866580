"""`agent-memory workspaces`: the walls between tenants."""

from typing import Annotated

import typer

from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json, print_table
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

app = typer.Typer(no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="ID", help="Id of the new workspace.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a workspace, and the first key of its administrator. The key is shown this once."""

    async def make(api: MemoryApi) -> dict[str, str]:
        made: dict[str, str] = await api.call("POST", "/v1/admin/workspaces", {"id": name})
        return made

    made = with_memory(load_settings(data_dir=data_dir), DEFAULT_WORKSPACE, make, may_create=True)
    if as_json:
        print_json(made)
        return
    console().print(made["key"], soft_wrap=True)
    console().print(f"The key of the administrator of {name}. Shown this once: keep it.")


@app.command(name="list")
def list_workspaces(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the workspaces."""

    async def read(api: MemoryApi) -> list[dict[str, str]]:
        found: list[dict[str, str]] = (await api.call("GET", "/v1/admin/workspaces"))["data"]
        return found

    found = with_memory(load_settings(data_dir=data_dir), DEFAULT_WORKSPACE, read)
    if as_json:
        print_json(found)
        return
    print_table(("ID",), [(one["id"],) for one in found])
