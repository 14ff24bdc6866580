"""`agent-memory contexts watch`: changes as they happen, across restarts of the server."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

import httpx
import orjson
import typer

from agent_memory.cli.failures import ServerRefused
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, printable
from agent_memory.cli.running import RunningServer, find_server, require_server
from agent_memory.cli.sse import ServerSentEvent, parse_events
from agent_memory.settings import Settings

_PATH = "/v1/contexts/changes"
_PAUSE_S = 1.0
_SILENCE_S = 60.0
"""The server pings every ten seconds: one that says nothing for so long has gone."""
_GONE = (500, 502, 503, 504)


def watch(
    keys: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY]...", help="Keys, or beginnings of keys and a star."),
    ] = None,
    since: Annotated[
        int | None,
        typer.Option(min=0, help="Begin after this sequence number.", show_default=False),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Print changes as they happen, until it is interrupted; with --json a document a line.

    When the server restarts, it goes on where it was, without a gap.
    """
    settings = load_settings(data_dir=data_dir)
    require_server(settings)
    for event in changes(settings, keys or ["*"], since):
        told = orjson.loads(event.data)
        if as_json:
            typer.echo(orjson.dumps({"type": event.name, **told}).decode())
        else:
            console().print(_line(event.name, told))


def changes(
    settings: Settings,
    keys: Sequence[str],
    since: int | None,
    find: Callable[[Settings], RunningServer | None] = find_server,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[ServerSentEvent]:
    """For ever, each once and in order, whichever server has them. `ServerRefused` where one says
    that it will not."""
    while True:
        server = find(settings)
        if server is not None:
            try:
                for event in _stream(server, keys, since):
                    since = orjson.loads(event.data)["sequence"]
                    yield event
            except httpx.TransportError:
                pass  # it is found again, or another one in its place
        pause(_PAUSE_S)


def _stream(
    server: RunningServer, keys: Sequence[str], since: int | None
) -> Iterator[ServerSentEvent]:
    params: dict[str, Any] = {"key": list(keys)}
    if since is not None:
        params["since"] = since
    with (
        server.client(_SILENCE_S) as http,
        http.stream("GET", _PATH, params=params) as response,
    ):
        if response.status_code in _GONE:
            return
        if not response.is_success:
            response.read()
            raise ServerRefused(str(orjson.loads(response.content).get("detail", "")))
        yield from parse_events(response.iter_lines())


def _line(name: str, told: dict[str, Any]) -> str:
    if name == "reset":
        count = len(told["contexts"])
        return f"{told['sequence']:>8}  reset             {count} contexts are there now"
    what = name.removeprefix("context-")
    where = f"{printable(told['key'])}@{told['version']}"
    return f"{told['sequence']:>8}  {what:<8}  {where}  by {told['by']}  {told['timestamp']}"
