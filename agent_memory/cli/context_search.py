"""`agent-memory contexts search`."""

from typing import Annotated, Any

import typer

from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import print_json, print_table, printable
from agent_memory.store.workspaces import DEFAULT_WORKSPACE


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words, or a question.")],
    mode: Annotated[str, typer.Option(help="words, meaning or both.")] = "both",
    prefix: Annotated[str, typer.Option(help="Beginning of the keys.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    session: Annotated[str | None, typer.Option(show_default=False)] = None,
    agent: Annotated[str | None, typer.Option(show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    workspace: Annotated[str, typer.Option(help="Workspace of the contexts.")] = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Find contexts by words, by meaning, or by both. Without a server, by words."""
    body = {
        "query": query,
        "mode": mode,
        "prefix": prefix,
        "tags": tag or [],
        "session_id": session,
        "agent_id": agent,
        "limit": limit,
    }

    async def work(api: MemoryApi) -> Any:
        return await api.call("POST", "/v1/contexts/search", body)

    found = with_memory(load_settings(data_dir=data_dir), workspace, work)
    if as_json:
        print_json(found)
        return
    print_table(
        ("ID", "VERSION", "SCORE", "SNIPPET"),
        [
            (
                printable(one["key"]),
                str(one["version"]),
                f"{one['score']:.2f}",
                printable(one["snippet"]),
            )
            for one in found["data"]
        ],
    )
