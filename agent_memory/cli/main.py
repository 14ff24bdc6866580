"""The entry point: which commands there are, and how an expected error leaves the process."""

import logging
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from agent_memory.cli.failures import exit_code
from agent_memory.cli.lazy import LazyCommand
from agent_memory.cli.output import print_failure
from agent_memory.errors import AgentMemoryError

COMMANDS = {
    "serve": "Start the server.",
    "status": "Show whether a server is running, and its state.",
    "logs": "Show what the processes of the server have written.",
    "chat": "Talk to the model of a running server.",
    "launch": "Start Claude Code, Codex or opencode on a running server.",
    "models": "List the models, load another, offload the loaded one.",
    "providers": "Add, list, test, disable and remove providers of models.",
    "keys": "Create, list, rotate, disable and revoke API keys.",
    "workspaces": "Create and list workspaces.",
    "limits": "Limit requests and tokens in a time, and requests at once.",
    "budgets": "Set what may be spent, and show what remains.",
    "usage": "Show what was used, by day, key, model, agent or session.",
    "prompts": "Log prompts, by key and for a time; read and erase them. Off by default.",
    "audit": "Show who changed what, and verify that record.",
    "sessions": "List, show and delete sessions.",
    "ingest": "Remember conversations, diffs, logs and text.",
    "recall": "Recall items that help with a purpose.",
    "memory": "Messages, conversations, retention, consolidation, redaction.",
    "mcp": "Serve memory's tools to Claude Code, Codex, Cursor and others.",
    "contexts": "Documents that agents share: put, read, change, compare, bring back.",
    "hooks": "Have sessions of Claude Code and Codex remember by themselves.",
    "ingest-batch": "Remember a folder of files in parallel, on Ray; can be resumed.",
    "recall-batch": "Answer a file of questions in parallel, on Ray; can be resumed.",
    "backup": "Back up everything but KV blocks into one file, while serving.",
    "restore": "Restore a backup into an empty data directory or database.",
    "doctor": "Check this machine and name remedies.",
    "config": "Show the settings in force and where each comes from.",
    "version": "Show the version.",
}


class Commands(TyperGroup):
    """All commands, each in the module of its name."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, summary in COMMANDS.items():
            self.add_command(
                LazyCommand(name, f"agent_memory.cli.{name.replace('-', '_')}", summary)
            )

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run a command; an expected error becomes one line and an exit code, not a traceback."""
        try:
            return super().main(args, *rest, **extra)
        except AgentMemoryError as error:
            print_failure(error, as_json="--json" in (sys.argv[1:] if args is None else args))
            sys.exit(exit_code(error))


app = typer.Typer(
    name="agent-memory", cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"agent-memory {version('agent-memory')}")
        raise typer.Exit


@app.callback()
def agent_memory(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """AI agents whose sessions survive: their KV cache and their transcript, behind one server."""
    # Libraries that log (a connection pool that cannot connect, say) would otherwise write to the
    # terminal, between our own lines; what matters of it arrives as an error.
    logging.getLogger().addHandler(logging.NullHandler())
