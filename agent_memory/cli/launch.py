"""`agent-memory launch`: start a coding agent that uses this server."""

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from agent_memory.cli.coding_agents import AGENTS, CodingAgent, Invocation, Served
from agent_memory.cli.endpoint import Key, Url, find_endpoint
from agent_memory.cli.failures import ClientNotInstalled
from agent_memory.cli.options import DataDir, load_settings
from agent_memory.cli.output import print_json
from agent_memory.errors import InvalidRequest

app = typer.Typer(add_completion=False)


@app.command(context_settings={"allow_interspersed_args": False})
def launch(
    client: Annotated[str, typer.Argument(metavar="|".join(AGENTS), help="Which agent.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="[ARGS]", help="Arguments of the agent.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model to use (default: the loaded one).", show_default=False)
    ] = None,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the command and its environment; start nothing.")
    ] = False,
) -> None:
    """Start a coding agent that uses this server. Options of this command stand before its name.

    The agent is told by environment and command line; no file is written. It takes the place of
    this process.
    """
    if (agent := AGENTS.get(client)) is None:
        raise InvalidRequest(f"'{client}' is none of {', '.join(AGENTS)}.", "client")
    program = _installed(agent)
    endpoint = find_endpoint(load_settings(data_dir=data_dir), url, key)
    with endpoint.http:
        name, window = endpoint.served_model(model)
    invocation = agent.invocation(Served(endpoint.url, endpoint.key, name, window))
    words = [agent.program, *invocation.arguments, *(arguments or ())]
    environment = invocation.environment(os.environ)
    if as_json:
        print_json(_told(program, words, invocation, environment))
        return
    os.execve(program, words, environment)  # noqa: S606  the user's own program, without a shell


def _installed(agent: CodingAgent) -> str:
    program = shutil.which(agent.program)
    if program is None:
        raise ClientNotInstalled(agent.how_to_install)
    return program


def _told(
    program: str, words: Sequence[str], invocation: Invocation, environment: Mapping[str, str]
) -> dict[str, Any]:
    changed = (*invocation.variables, *invocation.defaults)
    return {
        "program": program,
        "arguments": list(words[1:]),
        "environment": {name: environment[name] for name in changed},
        "removed": list(invocation.removed),
    }
