"""`agent-memory sessions`: list, show and delete sessions."""

from collections.abc import Sequence
from typing import Annotated

import typer

from agent_memory.api.translators.agents_renderer import session_json, transcript_json
from agent_memory.cli.agent_client import AgentClient
from agent_memory.cli.database import with_database
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json, print_table, printable
from agent_memory.cli.running import RunningServer, find_server
from agent_memory.cli.travel import export, fork, import_
from agent_memory.errors import InvalidRequest
from agent_memory.ids import SessionId, WorkspaceId
from agent_memory.settings import Settings
from agent_memory.store.database import Database
from agent_memory.store.sessions import SessionStore
from agent_memory.store.workspaces import DEFAULT_WORKSPACE
from agent_memory.turns.messages import (
    Media,
    Message,
    Part,
    Recollection,
    ServerCall,
    Text,
    Thinking,
    ToolResult,
    ToolUse,
)
from agent_memory.turns.transcript import SessionRecord, Transcript

app = typer.Typer(no_args_is_help=True)
app.command()(fork)
app.command()(export)
app.command(name="import")(import_)

Workspace = Annotated[str, typer.Option(help="Workspace of the sessions.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the session.")]


@app.command(name="list")
def list_sessions(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 50,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List sessions, the newest first."""
    settings = load_settings(data_dir=data_dir)

    async def read(database: Database) -> Sequence[SessionRecord]:
        store = SessionStore(database)
        return (await store.list_sessions(WorkspaceId(workspace), None, limit)).items

    records = with_database(settings, find_server(settings), read)
    if as_json:
        print_json([session_json(record) for record in records])
        return
    print_table(
        ("ID", "TURNS", "TOKENS", "MODEL", "UPDATED"),
        [
            (
                record.session_id,
                str(record.num_turns),
                str(record.num_tokens),
                record.model,
                record.updated_at.isoformat(" ", "minutes"),
            )
            for record in records
        ],
    )


@app.command()
def show(
    session: Id,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the transcript of a session."""
    settings = load_settings(data_dir=data_dir)

    async def read(database: Database) -> Transcript:
        store = SessionStore(database)
        return await store.load_transcript(WorkspaceId(workspace), SessionId(session))

    transcript = with_database(settings, find_server(settings), read)
    if as_json:
        print_json(transcript_json(transcript))
        return
    for message in transcript.messages:
        console().print(f"{message.role}:", style="bold")
        console().print(printable(message_text(message)), soft_wrap=True)


@app.command()
def delete(
    session: Id,
    keep_shelf: Annotated[
        bool, typer.Option("--keep-shelf", help="Only end its process; nothing is lost.")
    ] = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Forget a session for good.

    A running server erases its KV blocks too. Without one, blocks stay on the shelf until they
    are evicted; no session leads to them any more.
    """
    settings = load_settings(data_dir=data_dir)
    server = find_server(settings)
    if server is not None:
        _delete_online(server, session, workspace, keep_shelf=keep_shelf)
    elif not keep_shelf:  # without a server nothing of a session is live
        _delete_offline(settings, session, workspace)
    if as_json:
        print_json({"id": session, "kept": "shelf" if keep_shelf else None})
        return
    console().print(f"{'Let go of' if keep_shelf else 'Deleted'} {session}.", soft_wrap=True)


def _delete_online(
    server: RunningServer, session: str, workspace: str, *, keep_shelf: bool
) -> None:
    if workspace != DEFAULT_WORKSPACE:
        # The key that the server left for this command belongs to one workspace.
        message = "A running server deletes sessions of another workspace with a key of that one."
        raise InvalidRequest(message, "workspace")
    with server.client() as http:
        AgentClient(http).delete(session, keep_shelf=keep_shelf)


def _delete_offline(settings: Settings, session: str, workspace: str) -> None:
    async def erase(database: Database) -> None:
        await SessionStore(database).delete_session(WorkspaceId(workspace), SessionId(session))

    with_database(settings, None, erase)


def message_text(message: Message) -> str:
    """A message as people read it."""
    return "\n".join(_part_text(part) for part in message.parts)


def _part_text(part: Part) -> str:
    match part:
        case Text(text):
            return text
        case Thinking(text):
            return f"(thinks) {text}"
        case ToolUse(_, name, arguments) | ServerCall(_, name, arguments):
            result = f"\n(result) {part.content}" if isinstance(part, ServerCall) else ""
            return f"(calls) {name} {arguments}{result}"
        case ToolResult(_, content, is_error):
            return f"({'failed' if is_error else 'result'}) {content}"
        case Recollection(text):
            return f"(recalled) {text}"
        case Media():
            return part.note or f"({part.kind})"
