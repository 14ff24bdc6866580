"""`agent-memory version`."""

import platform
from importlib.metadata import PackageNotFoundError, version

import typer

from agent_memory.cli.options import AsJson
from agent_memory.cli.output import print_json

app = typer.Typer()

PARTS = ("agent-memory", "ray", "mlx", "mlx-lm")


@app.command()
def show(as_json: AsJson = False) -> None:
    """Show the versions of agent-memory and of its main dependencies."""
    versions = {part: _version(part) for part in PARTS} | {"python": platform.python_version()}
    if as_json:
        print_json(versions)
        return
    for part, number in versions.items():
        typer.echo(f"{part} {number or 'not installed'}")


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
