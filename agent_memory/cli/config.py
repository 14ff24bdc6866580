"""`agent-memory config`: the settings in force."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from agent_memory.cli.options import AsJson, DataDir, load_settings
from agent_memory.cli.output import print_json, print_table
from agent_memory.host.serve_file import serve_file
from agent_memory.settings import Settings
from agent_memory.shown_url import shown_url

app = typer.Typer()

ServeFile = Annotated[
    bool, typer.Option("--serve-file", help="Print only where the file for `serve run` lies.")
]


@app.command()
def show(
    data_dir: DataDir = None, as_json: AsJson = False, only_serve_file: ServeFile = False
) -> None:
    """Show the settings in force and where each comes from."""
    if only_serve_file:
        typer.echo(serve_file())
        return
    settings = load_settings(data_dir=data_dir)
    on_command_line = frozenset() if data_dir is None else frozenset({"data_dir"})
    rows = [
        (name, value, _source(name, settings, on_command_line), _variable(name))
        for name, value in _shown(settings).items()
    ]
    if as_json:
        print_json(
            {
                name: {"value": value, "source": source, "variable": variable}
                for name, value, source, variable in rows
            }
        )
        return
    print_table(
        ("SETTING", "VALUE", "SOURCE", "VARIABLE"),
        [
            (name, "" if value is None else str(value), source, variable)
            for name, value, source, variable in rows
        ],
    )


def _shown(settings: Settings) -> dict[str, object]:
    """Every setting as it may be shown: paths whole, secrets left out."""
    values: dict[str, object] = settings.model_dump()
    values["data_dir"] = str(settings.home)
    return {name: _shown_value(name, value) for name, value in values.items()}


def _shown_value(name: str, value: object) -> object:
    if isinstance(value, str) and name.endswith("_url"):
        return shown_url(value)
    return str(value) if isinstance(value, (Path, SecretStr)) else value


def _source(name: str, settings: Settings, on_command_line: frozenset[str]) -> str:
    if name in on_command_line:
        return "command line"
    return "environment" if name in settings.model_fields_set else "default"


def _variable(name: str) -> str:
    """The environment variable of a setting."""
    return (
        name.upper()
        if name in {"database_url", "ray_address", "redis_url"}
        else f"AGENT_MEMORY_{name.upper()}"
    )
