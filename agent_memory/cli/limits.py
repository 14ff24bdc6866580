"""`agent-memory limits`: how much keys, agents, addresses and workspaces may ask for in a time."""

from typing import Annotated, Any

import typer

from agent_memory.access.limits import Metric
from agent_memory.access.subject import SubjectKind
from agent_memory.cli.durations import parse_duration
from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json, print_table
from agent_memory.cli.rows import cells
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

app = typer.Typer(no_args_is_help=True)

Workspace = Annotated[str, typer.Option(help="Workspace that it holds in.")]
_PATH = "/v1/admin/limits"


@app.command(name="set")
def set_limit(
    metric: Annotated[Metric, typer.Argument(help="What is counted.")],
    amount: Annotated[int, typer.Argument(min=0, help="How much of it.")],
    of: Annotated[SubjectKind, typer.Option(help="Whom it is about.")] = SubjectKind.WORKSPACE,
    subject_id: Annotated[
        str, typer.Option("--id", help="Its id; '*' is each one for itself.")
    ] = "*",
    per: Annotated[str, typer.Option(help="In which time, such as 60s or 1h.")] = "60s",
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Set a limit. A running server keeps it within two seconds."""
    body = {
        "subject": of.value,
        "subject_id": subject_id,
        "metric": metric.value,
        "amount": amount,
        "per_s": int(parse_duration(per).total_seconds()),
    }

    async def put(api: MemoryApi) -> dict[str, Any]:
        made: dict[str, Any] = await api.call("POST", _PATH, body)
        return made

    settings = load_settings(data_dir=data_dir)
    made = with_memory(settings, workspace, put, may_create=True)
    if as_json:
        print_json(made)
        return
    console().print(f"Set {made['id']}.")


@app.command(name="list")
def list_limits(
    workspace: Workspace = DEFAULT_WORKSPACE, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """List the limits."""

    async def read(api: MemoryApi) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await api.call("GET", _PATH))["data"]
        return found

    found = with_memory(load_settings(data_dir=data_dir), workspace, read)
    if as_json:
        print_json(found)
        return
    names = ("id", "subject", "subject_id", "metric", "amount", "per_s")
    columns = ("ID", "OF", "WHICH", "METRIC", "AMOUNT", "SECONDS")
    print_table(columns, [cells(one, names) for one in found])


@app.command()
def delete(
    limit_id: Annotated[str, typer.Argument(metavar="ID", help="From `limits list`.")],
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Delete a limit."""

    async def drop(api: MemoryApi) -> dict[str, Any]:
        gone: dict[str, Any] = await api.call("DELETE", f"{_PATH}/{limit_id}")
        return gone

    gone = with_memory(load_settings(data_dir=data_dir), workspace, drop)
    if as_json:
        print_json(gone)
        return
    console().print(f"Deleted {gone['id']}.")
