"""`agent-memory recall`: items that help with a purpose."""

from typing import Annotated, Any

import typer

from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json, printable
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

app = typer.Typer(add_completion=False)


@app.command()
def recall(
    purpose: Annotated[str, typer.Argument(help="Purpose: a question, a task, a failure.")],
    budget: Annotated[int, typer.Option(min=64, max=32_768, help="Tokens at most.")] = 1024,
    thread: Annotated[
        str | None, typer.Option(help="Only of this conversation.", show_default=False)
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="Only of this kind; repeat for several.", show_default=False),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only items from then on.", show_default=False)
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Memory as it stood then.", show_default=False)
    ] = None,
    workset: Annotated[
        bool, typer.Option("--working-set", help="By section: decisions, tasks, failures, …")
    ] = False,
    workspace: Annotated[str, typer.Option(help="Workspace of the memory.")] = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Recall items that help, within a budget of tokens."""
    settings = load_settings(data_dir=data_dir)
    given = {
        "purpose": purpose,
        "token_budget": budget,
        "thread_id": thread,
        "as_of": as_of,
        **({} if workset else {"kinds": kind, "since": since}),
    }
    body = {name: value for name, value in given.items() if value}
    path = "/v1/workingset" if workset else "/v1/recall"

    async def work(memory: MemoryApi) -> Any:
        return await memory.call("POST", path, body)

    found = with_memory(settings, workspace, work)
    if as_json:
        print_json(found)
        return
    out = console()
    out.print(printable(found["text"]) or "Nothing is remembered that helps.", soft_wrap=True)
    out.print(f"{found['tokens_used']} of {found['token_budget']} tokens.", style="dim")
    if found["degraded"]:
        out.print(f"Not all was searched: {found['note']}.", style="dim")
