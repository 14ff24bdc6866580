"""`agent-memory status`."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import httpx
import typer

from agent_memory.cli.agent_client import AgentClient
from agent_memory.cli.endpoint import Endpoint, Key, Url, find_endpoint
from agent_memory.cli.failures import (
    EXIT_FAILED,
    EXIT_NOT_RUNNING,
    ServerNotRunning,
    ServerRefused,
)
from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import console, print_json
from agent_memory.cli.running import RunningServer, find_server

app = typer.Typer()

FIGURES = {
    "sessions": "sessions",
    "directory_num_live": "live",
    "engine_running": "turns running",
    "engine_waiting": "turns waiting",
    "pool_resident_bytes": "KV bytes in the engine",
    "pool_memory_bytes": "KV bytes at rest in memory",
    "pool_shelf_bytes": "KV bytes on disk",
}
"""The counts that people are shown, and in which words; `--json` has them all."""


@app.command()
def status(
    data_dir: DataDir = None, url: Url = None, key: Key = None, as_json: AsJson = False
) -> None:
    """Show whether a server is running, and its state.

    Exits with 0 when it is ready, 1 when it runs but is not ready, 3 when none is running.
    """
    settings = load_settings(data_dir=data_dir)
    if url is not None:
        report, absence = _far_report(find_endpoint(settings, url, key))
    else:
        server = find_server(settings)
        home = str(settings.home)
        report = _absence(home) if server is None else _report(server, home)
        absence = None if server is not None else str(ServerNotRunning(home))
    if as_json:
        print_json(report)
    elif absence is not None:
        console().print(absence, soft_wrap=True)
    else:
        _print(report)
    raise typer.Exit(_exit_code(is_running=absence is None, is_ready=report["ready"]))


def _absence(home: str | None, url: str | None = None) -> dict[str, Any]:
    return {
        "ready": False,
        "url": url,
        "pid": None,
        "model": None,
        "data_dir": home,
        "started_at": None,
        "checks": {},
        "sessions": {},
    }


def _report(server: RunningServer, home: str) -> dict[str, Any]:
    with server.client() as http:
        told = _told(http)
    presence = server.presence
    return {
        **told,
        "url": presence.url,
        "pid": presence.pid,
        "model": told["model"] or presence.model,
        "data_dir": home,
        "started_at": presence.started_at,
    }


def _far_report(endpoint: Endpoint) -> tuple[dict[str, Any], str | None]:
    """(what a server elsewhere says, the sentence that none answers there or None)."""
    with closing(endpoint.http):
        try:
            endpoint.knock()
        except ServerRefused as error:
            return _absence(None, endpoint.url), str(error)
        return {**_absence(None, endpoint.url), **_told(endpoint.http)}, None


def _told(http: httpx.Client) -> dict[str, Any]:
    """What the server says of itself."""
    client = AgentClient(http)
    is_ready, checks = client.checks()
    sessions = client.stats() if is_ready else {}
    models = client.models() if is_ready else []
    model = next((each["id"] for each in models if each.get("state") == "loaded"), None)
    return {"ready": is_ready, "model": model, "checks": checks, "sessions": sessions}


def _print(report: Mapping[str, Any]) -> None:
    out = console()
    out.print("ready" if report["ready"] else "running, but not ready", style="bold")
    for name in ("url", "pid", "model", "data_dir", "started_at"):
        if report[name] is not None:
            out.print(f"  {name:<11}{report[name]}", soft_wrap=True)
    for name, state in report["checks"].items():
        out.print(f"  {name:<11}{state}", soft_wrap=True)
    counts = report["sessions"]
    for name, words in FIGURES.items():
        if name in counts:
            out.print(f"  {words:<26}{counts[name]:>16,}")


def _exit_code(*, is_running: bool, is_ready: bool) -> int:
    if not is_running:
        return EXIT_NOT_RUNNING
    return 0 if is_ready else EXIT_FAILED
