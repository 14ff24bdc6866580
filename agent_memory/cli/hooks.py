"""`agent-memory hooks`: sessions of Claude Code and Codex that remember by themselves."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

import typer

from agent_memory.cli.hooking.event import HookEvent, HookName, read_event
from agent_memory.cli.hooking.install import KINDS, HookClient, HookSettings
from agent_memory.cli.hooking.offsets import Offsets
from agent_memory.cli.mcp_address import Where
from agent_memory.cli.options import DataDir, load_settings
from agent_memory.cli.output import console, print_json

app = typer.Typer(no_args_is_help=True)

Client = Annotated[Literal["claude", "codex"], typer.Argument(help="Which client.")]
Url = Annotated[
    str | None,
    typer.Option(
        envvar="AGENT_MEMORY_URL",
        help="A server elsewhere (default: the one on this machine).",
        show_default=False,
    ),
]
Key = Annotated[
    str | None, typer.Option(envvar="AGENT_MEMORY_KEY", help="API key.", show_default=False)
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be sent, and send nothing.")
]


@app.command()
def install(
    client: Client,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the file instead of writing it.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Add the hooks to the client's settings: session start, compaction, session end, failures."""
    place = () if data_dir is None else ("--data-dir", str(data_dir.expanduser().absolute()))
    settings = HookSettings(client, Path.home(), place)
    out = console()
    if dry_run:
        out.print(f"{settings.path}:\n\n{settings.with_ours().decode()}", soft_wrap=True)
        return
    did = "Wrote" if settings.write() else "Nothing to change in"
    out.print(f"{did} {settings.path}.", soft_wrap=True)


@app.command()
def run(
    client: Client,
    url: Url = None,
    key: Key = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Send in this process instead of a detached one.")
    ] = False,
    dry_run: DryRun = False,
    data_dir: DataDir = None,
) -> None:
    """What a client calls, with an event on standard input. It never fails the client.

    At the start of a session it prints the working set. Everything else is sent by a process of its
    own, so that the client does not wait.
    """
    raw = sys.stdin.buffer.read()
    with suppress(Exception):  # a session goes on without memory; --dry-run says what is wrong
        event = read_event(raw)
        if not (dry_run or wait or event.name is HookName.SESSION_START):
            _detach(raw)
            return
    if dry_run:
        _act(client, read_event(raw), None, data_dir)
        return
    with suppress(Exception):
        where = Where(load_settings(data_dir=data_dir), url, key)
        _act(client, read_event(raw), where, data_dir)


def _act(client: HookClient, event: HookEvent, where: Where | None, data_dir: Path | None) -> None:
    """Without `where`, show what would be sent."""
    from agent_memory.cli.hooking.redacting import Redactor  # noqa: PLC0415  not before it is due
    from agent_memory.cli.hooking.sending import Hook, ask, monotonic, send  # noqa: PLC0415

    offsets = Offsets(load_settings(data_dir=data_dir).home / "hooks")
    redactor = Redactor()
    hook = Hook(KINDS[client], event, offsets, redactor)
    if event.name is HookName.SESSION_START:
        if where is None:
            print_json({"workingset": hook.question()})
        elif text := ask(where.find(), hook.question()):
            typer.echo(text)
    elif where is None:
        print_json({"ingest": list(hook.bodies()), "removed": redactor.told()})
    elif send(where.find(), hook.bodies(), monotonic):
        hook.settle()


def _detach(raw: bytes) -> None:
    """The same command again with --wait, in a session of its own that outlives the client."""
    command = [sys.executable, "-m", "agent_memory.cli", *sys.argv[1:], "--wait"]
    child = subprocess.Popen(  # noqa: S603  this very program
        command,
        stdin=subprocess.PIPE,
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if child.stdin is not None:
        child.stdin.write(raw)
        child.stdin.close()
