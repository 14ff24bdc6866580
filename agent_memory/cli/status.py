"""`agent-memory status`."""

from collections.abc import Mapping
from typing import Any

import typer

from agent_memory.cli.agent_client import AgentClient
from agent_memory.cli.failures import EXIT_FAILED, EXIT_NOT_RUNNING, ServerNotRunning
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
def status(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show whether a server is running, and its state.

    Exits with 0 when it is ready, 1 when it runs but is not ready, 3 when none is running.
    """
    settings = load_settings(data_dir=data_dir)
    server = find_server(settings)
    home = str(settings.home)
    report = _absence(home) if server is None else _report(server, home)
    if as_json:
        print_json(report)
    elif server is None:
        console().print(str(ServerNotRunning(home)), soft_wrap=True)
    else:
        _print(report)
    raise typer.Exit(_exit_code(server, is_ready=report["ready"]))


def _absence(home: str) -> dict[str, Any]:
    return {
        "ready": False,
        "url": None,
        "pid": None,
        "model": None,
        "data_dir": home,
        "started_at": None,
        "checks": {},
        "sessions": {},
    }


def _report(server: RunningServer, home: str) -> dict[str, Any]:
    with server.client() as http:
        client = AgentClient(http)
        is_ready, checks = client.checks()
        sessions = client.stats() if is_ready else {}
        models = client.models() if is_ready else []
    presence = server.presence
    return {
        "ready": is_ready,
        "url": presence.url,
        "pid": presence.pid,
        "model": next((m["id"] for m in models if m["state"] == "loaded"), presence.model),
        "data_dir": home,
        "started_at": presence.started_at,
        "checks": checks,
        "sessions": sessions,
    }


def _print(report: Mapping[str, Any]) -> None:
    out = console()
    out.print("ready" if report["ready"] else "running, but not ready", style="bold")
    for name in ("url", "pid", "model", "data_dir", "started_at"):
        out.print(f"  {name:<11}{report[name]}", soft_wrap=True)
    for name, state in report["checks"].items():
        out.print(f"  {name:<11}{state}", soft_wrap=True)
    counts = report["sessions"]
    for name, words in FIGURES.items():
        if name in counts:
            out.print(f"  {words:<20}{counts[name]:>16,}")


def _exit_code(server: RunningServer | None, *, is_ready: bool) -> int:
    if server is None:
        return EXIT_NOT_RUNNING
    return 0 if is_ready else EXIT_FAILED
