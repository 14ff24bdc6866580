"""`agent-memory budgets`: how much money or how many tokens may be spent in a period."""

from typing import Annotated

import typer

from agent_memory.access.budgets import Period, Unit
from agent_memory.access.subject import SubjectKind
from agent_memory.cli.admin_rules import delete_rule, read_rules, set_rule
from agent_memory.cli.options import AsJson, DataDir
from agent_memory.cli.output import print_json, print_table
from agent_memory.cli.rows import cells
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

app = typer.Typer(no_args_is_help=True)

Workspace = Annotated[str, typer.Option(help="Workspace that it holds in.")]
_PATH = "/v1/admin/budgets"


@app.command(name="set")
def set_budget(
    amount: Annotated[str, typer.Argument(help="Such as 20 or 0.5.")],
    unit: Annotated[Unit, typer.Option(help="Dollars or tokens.")] = Unit.USD,
    period: Annotated[Period, typer.Option(help="When it begins again.")] = Period.MONTH,
    of: Annotated[
        SubjectKind, typer.Option(help="Whom it is about: workspace, key, agent or session.")
    ] = SubjectKind.WORKSPACE,
    subject_id: Annotated[
        str, typer.Option("--id", help="Its id; '*' is each one for itself.")
    ] = "*",
    time_zone: Annotated[str, typer.Option(help="Whose midnight begins a period.")] = "UTC",
    soft: Annotated[
        str | None, typer.Option(help="When so much is spent, --webhook is told.")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(help="Address that is told (Standard Webhooks).")
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Set a budget. A running server keeps it within two seconds."""
    body = {
        "subject": of.value,
        "subject_id": subject_id,
        "unit": unit.value,
        "amount": amount,
        "period": period.value,
        "time_zone": time_zone,
        "soft_limit": soft,
        "webhook_url": webhook,
    }
    set_rule(_PATH, body, workspace, data_dir, as_json=as_json)


@app.command(name="list")
def list_budgets(
    workspace: Workspace = DEFAULT_WORKSPACE, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """List the budgets, with what was spent of each and remains."""
    found = read_rules(_PATH, workspace, data_dir)
    if as_json:
        print_json(found)
        return
    names = ("id", "subject", "subject_id", "unit", "amount", "period", "spent", "remaining")
    columns = ("ID", "OF", "WHICH", "UNIT", "AMOUNT", "PERIOD", "SPENT", "REMAINING")
    rows = [
        cells({**budget, **counter}, names)
        for budget in found
        for counter in budget["counters"] or [{}]
    ]
    print_table(columns, rows)


@app.command()
def delete(
    budget_id: Annotated[str, typer.Argument(metavar="ID", help="From `budgets list`.")],
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Delete a budget. What was spent stays in the ledger."""
    delete_rule(_PATH, budget_id, workspace, data_dir, as_json=as_json)
