"""`agent-memory serve`."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from agent_memory.cli.failures import EXIT_UNUSABLE
from agent_memory.cli.options import DataDir, load_settings
from agent_memory.cli.output import console
from agent_memory.cli.progress import reporting
from agent_memory.errors import AgentMemoryError
from agent_memory.host.server import run_server

app = typer.Typer()


class LogLevel(StrEnum):
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class KvBits(StrEnum):
    NONE = "none"
    EIGHT = "8"
    FOUR = "4"
    KEYS_8_VALUES_4 = "k8v4"


@app.command()
def serve(
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on (default: 127.0.0.1).", show_default=False),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on (default: 8000).", show_default=False)
    ] = None,
    data_dir: DataDir = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="'tiny', a folder, or a hub id such as mlx-community/gemma-3-12b-it-4bit. The "
            "first is loaded; repeat for others that `models load` may load instead.",
            show_default=False,
        ),
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(help="Join this Ray cluster instead of a local one.", show_default=False),
    ] = None,
    kv_bits: Annotated[
        KvBits | None,
        typer.Option(
            help="Bits of a number in the KV cache; 'k8v4': of keys and values (default: none, "
            "as the model computes it).",
            show_default=False,
        ),
    ] = None,
    log_level: Annotated[
        LogLevel | None,
        typer.Option(
            help="Least level that is logged (default: INFO).",
            case_sensitive=False,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Start the server; Ctrl-C drains and stops it."""
    settings = load_settings(
        host=host,
        port=port,
        data_dir=data_dir,
        model=model[0] if model else None,
        models=tuple(model[1:]) if model and len(model) > 1 else None,
        RAY_ADDRESS=ray_address,
        kv_bits=kv_bits,
        log_level=log_level,
    )
    with reporting(console(), Console(stderr=True, highlight=False, markup=False)) as reporter:
        try:
            code = run_server(settings, reporter)
        except AgentMemoryError as error:
            reporter.error(str(error))
            code = EXIT_UNUSABLE
    raise typer.Exit(code)
