"""How the commands speak: tables and sentences for people, one JSON object for programs."""

import sys
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from agent_memory.errors import AgentMemoryError

WIDTH_OF_A_PIPE = 200
"""Columns where no terminal sets them: programs and files do not want wrapped lines."""

_WITHOUT_CONTROLS = dict.fromkeys([*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0)])


def console() -> Console:
    """Standard output. Made at each use, so that it is the stream of the moment."""
    width = None if sys.stdout.isatty() else WIDTH_OF_A_PIPE
    return Console(width=width, highlight=False, markup=False, emoji=False)


def printable(text: str) -> str:
    """`text` without the control characters by which a model, or whoever it quotes, could steer
    the terminal; line ends and tabs stay."""
    return text.translate(_WITHOUT_CONTROLS)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())


def print_table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """A table without a frame; identifiers are never cut, for people copy them."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "ID")
    for row in rows:
        table.add_row(*row)
    console().print(table)


def print_failure(error: AgentMemoryError, as_json: bool) -> None:
    """The one line about an expected error, on standard error."""
    if as_json:
        body = {"error": {"code": error.code, "message": str(error)}}
        typer.echo(orjson.dumps(body).decode(), err=True)
    else:
        typer.echo(f"agent-memory: {error}", err=True)
