"""`agent-memory mcp`: memory's tools for a client that starts its MCP servers as processes."""

import asyncio
import logging
from pathlib import Path
from typing import Annotated, Literal

import typer

from agent_memory.cli.mcp_address import Where
from agent_memory.cli.mcp_install import Installation, http_entry, local_entry
from agent_memory.cli.options import DataDir, load_settings
from agent_memory.cli.output import console
from agent_memory.errors import InvalidRequest

app = typer.Typer(invoke_without_command=True)

Url = Annotated[
    str | None,
    typer.Option(
        envvar="AGENT_MEMORY_URL",
        help="A server elsewhere (default: the one on this machine).",
        show_default=False,
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        envvar="AGENT_MEMORY_KEY",
        help="API key (default: the one that a local server leaves for its user).",
        show_default=False,
    ),
]
Thread = Annotated[
    str | None,
    typer.Option(help="Where remembered texts belong, if a call does not say.", show_default=False),
]


@app.callback()
def stdio(
    context: typer.Context,
    url: Url = None,
    key: Key = None,
    thread: Thread = None,
    data_dir: DataDir = None,
) -> None:
    """Serve memory's tools over standard input and output (Model Context Protocol)."""
    if context.invoked_subcommand is not None:
        return
    from agent_memory.cli.mcp_bridge import serve_stdio  # noqa: PLC0415  more than a second

    logging.getLogger().setLevel(logging.WARNING)
    where = Where(load_settings(data_dir=data_dir), url, key)
    asyncio.run(serve_stdio(where.find, thread))


@app.command()
def install(
    client: Annotated[
        Literal["claude", "codex", "cursor", "vscode"], typer.Argument(help="Which client.")
    ],
    write: Annotated[
        bool, typer.Option("--write", help="Write the file instead of printing it.")
    ] = False,
    url: Annotated[
        str | None,
        typer.Option(
            help="Have the client call this server's /mcp itself, with the key in "
            "AGENT_MEMORY_KEY.",
            show_default=False,
        ),
    ] = None,
    thread: Thread = None,
    data_dir: DataDir = None,
) -> None:
    """Print how a client is told of the tools, or make its configuration."""
    if url is not None and (thread is not None or data_dir is not None):
        raise InvalidRequest("--url leaves no process that --thread or --data-dir could go to.")
    entry = local_entry(thread, data_dir) if url is None else http_entry(url)
    installation = Installation(client, entry, Path.home(), Path.cwd())
    out = console()
    if not write:
        out.print(installation.shown(), soft_wrap=True)
        return
    did = "Wrote" if installation.write() else "Nothing to change in"
    out.print(f"{did} {installation.path}.", soft_wrap=True)
