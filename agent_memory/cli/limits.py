"""`agent-memory limits`: how much keys, agents, addresses and workspaces may ask for in a time."""

from typing import Annotated

import typer

from agent_memory.access.limits import Metric
from agent_memory.access.subject import SubjectKind
from agent_memory.cli.admin_rules import delete_rule, read_rules, set_rule
from agent_memory.cli.durations import parse_duration
from agent_memory.cli.options import AsJson, DataDir
from agent_memory.cli.output import print_json, print_table
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
    set_rule(_PATH, body, workspace, data_dir, as_json=as_json)


@app.command(name="list")
def list_limits(
    workspace: Workspace = DEFAULT_WORKSPACE, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """List the limits."""
    found = read_rules(_PATH, workspace, data_dir)
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
    delete_rule(_PATH, limit_id, workspace, data_dir, as_json=as_json)
