"""`agent-memory memory`: messages, conversations, retention, consolidation, redaction."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from agent_memory.cli.memory_api import MemoryApi, with_memory
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json, print_table, printable
from agent_memory.errors import InvalidRequest
from agent_memory.store.workspaces import DEFAULT_WORKSPACE

app = typer.Typer(no_args_is_help=True)

Workspace = Annotated[str, typer.Option(help="Workspace of the memory.")]
Id = Annotated[str, typer.Argument(metavar="ID")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the actions without doing them.")]
_LONGEST = 100


def _call(
    data_dir: Path | None,
    workspace: str,
    method: str,
    path: str,
    body: object = None,
    **params: str | int | None,
) -> Any:
    async def work(memory: MemoryApi) -> Any:
        return await memory.call(method, path, body, None, **params)

    return with_memory(load_settings(data_dir=data_dir), workspace, work)


@app.command()
def conversations(
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List conversations, the last used first."""
    page = _call(data_dir, workspace, "GET", "/v1/memory/conversations", limit=limit)["data"]
    if as_json:
        print_json(page)
        return
    print_table(
        ("ID", "MESSAGES", "ITEMS", "HELD", "UPDATED", "TITLE"),
        [
            (
                one["id"],
                str(one["num_messages"]),
                str(one["num_items"]),
                "yes" if one["legal_hold"] else "",
                one["updated_at"][:16].replace("T", " "),
                printable(one["title"] or ""),
            )
            for one in page
        ],
    )


@app.command()
def messages(
    conversation: Id,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the messages of a conversation, the oldest first."""
    path = f"/v1/memory/conversations/{conversation}"
    read = _call(data_dir, workspace, "GET", path, limit=limit)["messages"]
    if as_json:
        print_json(read)
        return
    for message in read:
        who = message["speaker"] or message["role"]
        console().print(f"{who}, {message['occurred_at'][:16]}, {message['id']}:", style="bold")
        console().print(printable(message["content"]), soft_wrap=True)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Words to search for.")],
    conversation: Annotated[str | None, typer.Option(show_default=False)] = None,
    top_k: Annotated[int, typer.Option(min=1, max=100)] = 10,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Search messages."""
    found = _call(
        data_dir,
        workspace,
        "GET",
        "/v1/memory/search",
        query=query,
        conversation_id=conversation,
        top_k=top_k,
    )
    if as_json:
        print_json(found)
        return
    print_table(
        ("ID", "SCORE", "CONVERSATION", "MESSAGE"),
        [
            (
                one["id"],
                f"{one['score']:.3f}",
                one["conversation_id"],
                " ".join(printable(one["content"]).split())[:_LONGEST],
            )
            for one in found["results"]
        ],
    )


@app.command()
def show(
    item: Id,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show an item with the raw text around it, its links and its history."""
    expansion = _call(data_dir, workspace, "GET", f"/v1/expand/{item}")
    if as_json:
        print_json(expansion)
        return
    held, passage = expansion["item"], expansion["passage"]
    out = console()
    out.print(f"{held['kind']}, {held['state']}, {held['occurred_at'][:16]}", style="bold")
    out.print(printable(passage["before"] + passage["text"] + passage["after"]), soft_wrap=True)
    for link in expansion["links"]:
        other = link["item"]
        text = " ".join(printable(other["text"]).split())[:_LONGEST]
        out.print(f"linked: {other['id']} {other['kind']}: {text}", soft_wrap=True)
    for one in expansion["history"]:
        text = " ".join(printable(one["text"]).split())[:_LONGEST]
        out.print(f"history: {one['id']} {one['state']}: {text}", soft_wrap=True)


@app.command()
def delete(
    message: Annotated[str | None, typer.Option(help="Id of a message.")] = None,
    conversation: Annotated[str | None, typer.Option(help="Id of a conversation.")] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="The whole memory of the workspace.")
    ] = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Erase for good: a message, a conversation, or everything."""
    paths = [
        *([f"/v1/memory/messages/{message}"] if message else []),
        *([f"/v1/memory/conversations/{conversation}"] if conversation else []),
        *(["/v1/memory"] if everything else []),
    ]
    if len(paths) != 1:
        raise InvalidRequest("Name one of --message, --conversation and --everything.", "message")
    erased = _call(data_dir, workspace, "DELETE", paths[0])
    if as_json:
        print_json(erased)
        return
    console().print(f"Erased {erased['erased']['items']} items.")


@app.command()
def retention(
    set_policy: Annotated[
        Path | None,
        typer.Option("--set", help="A file with the policy as JSON.", show_default=False),
    ] = None,
    run: Annotated[bool, typer.Option("--run", help="Archive and erase by the policy.")] = False,
    dry_run: DryRun = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show, set or run the retention policy."""
    del as_json  # a policy and a report are JSON either way
    policy = "/v1/memory/retention/policy"
    if set_policy is not None:
        print_json(_call(data_dir, workspace, "PUT", policy, _read_object(set_policy)))
    elif run or dry_run:
        body = {"dry_run": dry_run}
        print_json(_call(data_dir, workspace, "POST", "/v1/memory/retention/run", body))
    else:
        print_json(_call(data_dir, workspace, "GET", policy))


@app.command()
def consolidate(
    undo: Annotated[
        str | None, typer.Option(help="Id of an action to undo.", show_default=False)
    ] = None,
    dry_run: DryRun = False,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Merge duplicates and mark superseded statements; or undo that."""
    if undo is not None:
        print_json(_call(data_dir, workspace, "DELETE", f"/v1/memory/consolidation/{undo}"))
        return
    body = {"dry_run": dry_run}
    done = _call(data_dir, workspace, "POST", "/v1/memory/consolidation/run", body)
    if as_json:
        print_json(done)
        return
    word = "would be" if dry_run else "were"
    console().print(f"{done['items_seen']} new items; {done['num_actions']} actions {word} taken.")
    for action in done["actions"]:
        console().print(f"{action['id'] or '-'} {action['action']}: {action['reason']}")


@app.command()
def redaction(
    set_policy: Annotated[
        Path | None,
        typer.Option("--set", help="A file with the policy as JSON.", show_default=False),
    ] = None,
    workspace: Workspace = DEFAULT_WORKSPACE,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show or set the redaction policy of stored texts."""
    del as_json  # a policy is JSON either way
    path = "/v1/memory/redaction/policy"
    if set_policy is None:
        print_json(_call(data_dir, workspace, "GET", path))
    else:
        print_json(_call(data_dir, workspace, "PUT", path, _read_object(set_policy)))


def _read_object(path: Path) -> Any:
    try:
        value = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise InvalidRequest(f"{path} cannot be read: {error}.", "set") from error
    if not isinstance(value, dict):
        raise InvalidRequest(f"{path} does not hold a JSON object.", "set")
    return value
